// SPDX-License-Identifier: MIT
/// @file
/// @brief A machine behind a stub, with the kernel's symbols: what only may be asked while it stands, a token proves.
/// @chapter observability
#pragma once

#include <optional>
#include <set>

#include "debugger-ui/model/snapshot.h"
#include "debugger-ui/rsp/rsp.h"
#include "debugger-ui/symbols/symbols.h"
#include "debugger-ui/target/shared_ram.h"

namespace debugger {

/// Where a machine is to be found.
struct TargetPlace {
    std::string stub;                       ///< a Unix socket's path, or HOST:PORT
    std::filesystem::path kernel;           ///< the ELF file that runs there
    std::filesystem::path ram;              ///< its memory as a shared file; empty: by the stub
    std::filesystem::path guest_symbols{};  ///< a list of the symbols of the guest's kernel; empty: none
    std::filesystem::path vmm{};            ///< the VMM's ELF file; empty: `vmm` beside the kernel, where there is one
    machine::Seconds patience{10};          ///< for the stub's first answer: a kernel may have to boot first
};

/// Why a machine that ran stands now.
enum class StopCause : u8 { Interrupted, Breakpoint };

class Target;
/// The proof that the machine stands. Whoever lets it run gives the proof up.
class Standing {
   public:
    Standing(Standing&&) = default;
    Standing& operator=(Standing&&) = default;

   private:
    friend class Target;
    Standing() = default;
};

/// One connection; used by one thread. Every method throws machine::Error when the other side is gone or makes no sense.
class Target {
   public:
    /// Connects, which stops the machine.
    explicit Target(const TargetPlace& place);
    /// Given once, for the machine that connecting stopped.
    Standing stopped_by_connecting() { return Standing(); }

    const machine::Symbols& symbols() const { return symbols_; }
    bool reads_while_running() const { return ram_.has_value(); }

    void resume(Standing standing);
    /// Whether a running machine has stopped by itself.
    std::optional<Standing> poll();
    /// Waits until a running machine may have stopped, `other` can be read, or the deadline has passed.
    void wait_for_news_or(int other, const machine::Deadline& deadline) const {
        rsp_.wait_for_news_or(other, deadline);
    }
    Standing interrupt();
    Standing step(Standing standing);
    /// Whether the kernel's own stub answers, which never sees a guest from inside.
    bool is_kernels_own() const { return rsp_.is_kernels_own(); }
    StopCause last_cause() const { return cause_; }
    /// The watchpoint that the last stop was at.
    std::optional<u64> last_watched() const { return watched_; }
    unsigned core() const { return core_; }
    /// Lets the machine run and gives the connection up.
    void detach(Standing standing);

    /// How many cores there are, and whose registers and addresses the methods below mean; at first the one that stopped.
    unsigned cores(const Standing&);
    void look_at_core(const Standing&, unsigned core) {
        if (core != 0) rsp_.look_at_core(core);
    }
    machine::Registers registers(const Standing&) { return rsp_.registers(); }
    const machine::TargetDescription& description() const { return rsp_.description(); }
    /// By the page tables of the core that stands; nothing where it cannot be read.
    std::optional<machine::Bytes> read(const Standing&, VirtAddr from, usize bytes);
    /// Host-physical memory of a machine that stands.
    bool read_physical(const Standing&, PhysAddr from, std::span<u8> into);
    /// Host-physical memory at any time. Only where `reads_while_running()`.
    bool read_shared(PhysAddr from, std::span<u8> into) const { return ram_->read(from, into); }
    /// By a debug register, or by an instruction where there is none left; by the kernel's own stub the other way round.
    void set_breakpoint(const Standing&, VirtAddr address);
    void set_watchpoint(const Standing&, VirtAddr address, u64 bytes) { rsp_.set_watchpoint(address, bytes); }
    void clear_watchpoint(const Standing&, VirtAddr address, u64 bytes) { rsp_.clear_watchpoint(address, bytes); }
    void clear_breakpoint(const Standing&, VirtAddr address);
    /// Physical memory of a machine that stands.
    void write_physical(const Standing&, PhysAddr to, std::span<const u8> content) { rsp_.write_physical(to, content); }
    void set_listener(machine::Rsp::Listener listener) { rsp_.set_listener(std::move(listener)); }

   private:
    void note(const machine::Stop& stop);

    machine::Symbols symbols_;
    machine::Rsp rsp_;
    std::optional<SharedRam> ram_;
    StopCause cause_ = StopCause::Interrupted;
    unsigned core_ = 0;
    unsigned cores_ = 0;  ///< 0: nobody has asked yet
    std::optional<u64> watched_;
    std::set<u64> by_instruction_;  ///< breakpoints that are no debug register's
};

}  // namespace debugger
