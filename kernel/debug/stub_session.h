// SPDX-License-Identifier: MIT
/// @file
/// @brief A conversation with a debugger: takes the line's bytes, answers packets, and says when the machine is to go on.
/// @chapter observability
/// @spec{GDB manual, Remote Protocol, Packets}
#pragma once

#include "debug/stub_packet.h"
#include "debug/stub_points.h"
#include "debug/stub_registers.h"

namespace stub {

/// The stopped machine as the session needs it. Cores count from 0 here, and from 1 in the protocol.
class Target {
   public:
    virtual unsigned cores() const = 0;
    /// What the core was stopped in, for people.
    virtual void describe(unsigned core, Sink& sink) = 0;
    virtual void read_registers(unsigned core, RegisterFile& registers) = 0;
    /// False: a register differs from what it holds that cannot be set; then none is.
    virtual bool write_registers(unsigned core, const RegisterFile& registers) = 0;
    /// Memory as `core` sees it, and physical. False: some of it is not there.
    virtual bool read(unsigned core, VirtAddr from, std::span<u8> to) = 0;
    virtual bool write(unsigned core, VirtAddr to, std::span<const u8> from) = 0;
    virtual bool read(PhysAddr from, std::span<u8> to) = 0;
    virtual bool write(PhysAddr to, std::span<const u8> from) = 0;
    /// False: impossible there, or too many.
    virtual bool add_point(unsigned core, const Point& point) = 0;
    virtual bool remove_point(const Point& point) = 0;
    virtual void clear_points() = 0;

   protected:
    ~Target() = default;
};

/// What the machine is to do after a byte was taken.
enum class Resume : u8 {
    Stay,
    Continue,
    Step,    ///< one instruction on the core chosen; then stop again
    Detach,  ///< go on, nobody looks any more
    Kill,    ///< the machine ends
};

/// Why the machine stands, in Linux's signal numbers as the protocol uses them.
struct StopReason {
    enum Signal : u8 { Interrupted = 2, Trap = 5, Aborted = 6 };
    Signal signal = Trap;
    unsigned core = 0;
    std::optional<Point> point{};
};

/// Makes no assumptions about what comes over the line: anything may, also from two clients one after the other.
class Session {
   public:
    constexpr Session(Target& target, Sink& line) : target_(target), line_(line) {}

    /// A byte that came while the machine stands.
    Resume take(u8 byte);
    /// A byte that came while it runs. True: the machine is to stop, because of Ctrl-C, or as a client begins to talk.
    bool take_while_running(u8 byte);
    /// Whether the stop that just happened is one that a client waits to hear of; Ctrl-C is.
    bool awaits_stop() const { return awaits_stop_; }
    /// The machine stands for this reason.
    void note_stop(const StopReason& reason);
    /// Shows text on the client's console; only while it waits for a stop.
    void show(std::string_view text);

    /// A client has talked and not taken its leave.
    bool is_attached() const { return attached_; }
    /// The core that a step means.
    unsigned stepping_core() const { return stepping_core_; }
    /// Whether the other cores are to wait while that one steps.
    bool others_wait() const { return others_wait_; }

   private:
    Resume answer(std::string_view packet);
    Resume answer_vcont(Arguments arguments);
    Resume answer_detach();
    void answer_query(std::string_view packet);
    void answer_supported(std::string_view packet);
    void answer_features(Arguments arguments);
    void answer_monitor(Arguments arguments);
    void answer_memory_mode(std::string_view packet);
    void answer_registers(std::string_view packet);
    void answer_one_register(std::string_view packet);
    void answer_read(char command, Arguments arguments);
    void answer_write(Arguments arguments);
    void answer_write_binary(Arguments arguments);
    void answer_point(char command, Arguments arguments);
    void answer_choice(Arguments arguments);
    void put_stop();
    void put_result(bool success);
    bool write_memory(u64 at, std::span<const u8> bytes);
    Resume go(Resume how);
    void send();

    Target& target_;
    Sink& line_;
    PacketReader reader_;
    PacketWriter reply_;
    StopReason reason_;
    unsigned core_ = 0;           ///< whose registers and memory are meant
    unsigned stepping_core_ = 0;  ///< the core that a step means
    bool others_wait_ = true;
    bool physical_ = false;
    bool attached_ = false;
    bool awaits_stop_ = false;
    bool knows_break_ = false;  ///< the client understands swbreak and hwbreak
    bool has_sent_ = false;
    RegisterFile registers_;
    u8 data_[kPacketBytes / 2] = {};
};

}  // namespace stub
