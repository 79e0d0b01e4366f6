// SPDX-License-Identifier: MIT
/// @file
/// @brief A client of GDB's remote serial protocol: stops a machine, looks into it, lets it go on.
/// @chapter observability
/// @spec{GDB manual, Remote Protocol, Packets}
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "debugger-ui/rsp/file.h"
#include "debugger-ui/rsp/rsp_framing.h"
#include "debugger-ui/rsp/target_description.h"
#include "lib/types.h"

namespace machine {

/// Why the machine stopped: the signal number of a stop reply (5: a breakpoint or a step, 2: it was interrupted), and the
/// core that it was seen on, counted from 1 (0: not said).
struct Stop {
    unsigned signal = 0;
    unsigned core = 0;
    std::optional<u64> watched{};  ///< the watchpoint that was hit
};
inline constexpr unsigned kStopTrap = 5;
inline constexpr unsigned kStopInterrupt = 2;

enum class Breakpoint { Software = 0, Hardware = 1 };

/// A connection to a stub. All but `interrupt`, `wait_for_stop` and `is_running` want a stopped machine, because a byte
/// sent to QEMU's stub while the machine runs would stop it. Every method throws Error when the stub refuses or is gone,
/// and Timeout when it does not answer.
class Rsp {
   public:
    /// Connecting stops a running machine; the stop is taken in here. `answer` is how long to wait for each reply, `patience`
    /// how long for the first one: what is said to a machine whose kernel has not come up yet is lost, and said again.
    explicit Rsp(Stream stream, Seconds answer = Seconds(20), Seconds patience = Seconds(0));
    /// Detaches where it can, so that the machine goes on.
    ~Rsp();
    Rsp(const Rsp&) = delete;
    Rsp& operator=(const Rsp&) = delete;

    /// Tells every packet to `listener`: '>' for one that goes out, '<' for one that comes in.
    using Listener = std::function<void(char direction, std::string_view payload)>;
    void set_listener(Listener listener) { listener_ = std::move(listener); }

    bool is_running() const { return running_; }
    /// Whether it is the kernel's own stub, which never sees a guest from inside.
    bool is_kernels_own() const { return kernels_own_; }
    /// Whether the stub has said something that nobody has waited for yet.
    bool has_news() const { return stream_.has_input(); }
    /// Waits for that, or until `other` can be read, or the deadline has passed.
    void wait_for_news_or(int other, const Deadline& deadline) const { stream_.wait_input_or(other, deadline); }
    const TargetDescription& description() const { return description_; }
    /// Lets all cores run. A core that stands on a breakpoint executes that instruction first: the stub would only stop again.
    void resume();
    /// Waits until a running machine stops by itself. Nothing: it still runs at the deadline.
    std::optional<Stop> wait_for_stop(Seconds within);
    /// Stops a running machine.
    Stop interrupt();
    /// Executes one instruction on a core, counted from 1; without a number on the one that the machine stopped at, where a
    /// breakpoint at that instruction does not count.
    Stop step(unsigned core = 0);
    /// Lets the machine run and gives the connection up.
    void detach();

    /// The core, counted from 1, whose registers and addresses the methods below mean; each stop chooses its own.
    void look_at_core(unsigned core);
    Registers registers();
    /// Sets one register to the lowest bytes of `value`.
    void write_register(std::string_view name, u64 value);

    /// `bytes` of memory from `from`, by the current core's page tables. While a core is in ring V, QEMU resolves virtual
    /// addresses wrongly: walk the tables through `read_physical` instead.
    Bytes read(VirtAddr from, usize bytes);
    /// Of host-physical memory; where there is none, zeros.
    Bytes read_physical(PhysAddr from, usize bytes);
    u64 read_u64(VirtAddr from) { return number_from_bytes(read(from, 8)); }
    u64 read_physical_u64(PhysAddr from) { return number_from_bytes(read_physical(from, 8)); }
    void write(VirtAddr to, std::span<const u8> content);
    void write_physical(PhysAddr to, std::span<const u8> content);

    void set_breakpoint(VirtAddr address, Breakpoint kind = Breakpoint::Hardware);
    void clear_breakpoint(VirtAddr address, Breakpoint kind = Breakpoint::Hardware);

    /// Stops the machine right after an instruction writes to any of `bytes` bytes from `address`.
    void set_watchpoint(VirtAddr address, usize bytes);
    void clear_watchpoint(VirtAddr address, usize bytes);

    /// A command of QEMU's monitor, such as `info registers`, and what it printed.
    std::string monitor(std::string_view command);
    /// Sends one packet to the stopped machine and returns the answer's payload.
    std::string exchange(std::string_view request);

   private:
    enum class Memory { Virtual, Physical };
    void choose_memory(Memory memory);
    Bytes read_chosen(u64 from, usize bytes);
    void write_chosen(u64 to, std::span<const u8> content);
    std::string fetch_feature(const std::string& name);
    /// The next packet; it has been acknowledged. Nothing: the deadline passed.
    std::optional<std::string> receive_packet(const Deadline& deadline);
    std::string require_packet();
    void require_ok(std::string_view request);
    void change_breakpoint(char command, VirtAddr address, Breakpoint kind);
    /// The breakpoint that the core looked at stands on, or the end.
    std::map<u64, Breakpoint>::const_iterator breakpoint_here();
    Stop note_stop(std::string_view reply);
    std::string greet(Seconds patience);

    void send_packet(std::string_view payload);

    Stream stream_;
    Listener listener_;
    Seconds answer_;
    RspReader reader_;
    TargetDescription description_;
    std::map<u64, Breakpoint> breakpoints_;
    std::optional<std::pair<u64, Breakpoint>> left_out_;  ///< of them, while an instruction is executed at its place
    Memory memory_ = Memory::Virtual;
    std::optional<Registers> registers_;  ///< as they were read last, until something is said that may change them
    bool kernels_own_ = false;
    bool binary_ = false;  ///< the stub gives memory as bytes too
    bool running_ = false;
    bool attached_ = true;
};

}  // namespace machine
