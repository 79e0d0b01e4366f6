// SPDX-License-Identifier: MIT
/// @file
/// @brief A processor of the guest: a thread that enters ring V and answers what it comes back with.
/// @chapter exits
#include "vmm/vcpu.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

#include "vmm/failure.h"
#include "vmm/registers.h"
#include "vmm/start_state.h"

namespace vmm {
namespace {

constexpr int kKickSignal = SIGUSR1;
constexpr std::uint8_t kEverybody = 0xff;

// An ICR in x2APIC form. @sdm{Interrupt Command Register (ICR), 10.6.1}
constexpr unsigned kInit = 5;
constexpr unsigned kStartUp = 6;
constexpr std::uint32_t kAllProcessors = 0xffff'ffff;
constexpr unsigned delivery_mode(std::uint64_t icr) { return static_cast<unsigned>(icr >> 8) & 7; }
constexpr bool asserted(std::uint64_t icr) { return (icr >> 14 & 1) != 0; }
constexpr bool to_all_others(std::uint64_t icr) { return (icr >> 18 & 3) == 3; }
constexpr std::uint32_t destination(std::uint64_t icr) { return static_cast<std::uint32_t>(icr >> 32); }

/// The signal only interrupts: no SA_RESTART, so that a blocked write comes back too.
void install_kick_signal() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(kKickSignal, &action, nullptr);
}

/// In the order of `abi::ExitReason`.
constexpr std::array<const char*, abi::kExitReasons> kReasonNames{
    "interrupted", "mmio", "io", "eoi", "ipi", "halted", "shutdown", "bad-state", "unhandled"};

}  // namespace

std::string exit_table(const ExitCounts& counts) {
    std::string lines;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 0) continue;
        lines += "vmm: left ring V for " + std::string(kReasonNames[i]) + ": " + std::to_string(counts[i]) + "\n";
    }
    return lines;
}

Vcpu::Vcpu(Board& board, const abi::RingV& state)
    : board_(board),
      emulator_(board.spaces),
      state_(state),
      activity_(state.load_system != abi::LoadSystem::Nothing ? Activity::Running : Activity::Stopped) {
    install_kick_signal();
    if (activity_ == Activity::Running) ++board_.running;
}

void Vcpu::run() {
    thread_ = ::gettid();
    while (ready() && enter()) {
        ++board_.exits.at(static_cast<std::size_t>(state_.reason));
        handle_exit();
    }
}

/// Waits until there is something to execute. False when the machine has ended.
bool Vcpu::ready() {
    if (activity_ != Activity::Running) {
        std::unique_lock held(lock_);
        woken_.wait(held, [this] { return start_vector_ || board_.end.ended(); });
        if (start_vector_) {
            set_real_mode(state_, *start_vector_);
            start_vector_.reset();
            activity_ = Activity::Running;
        }
    }
    return !board_.end.ended();
}

void Vcpu::receive(std::uint64_t icr) {
    const bool to_self = thread_ == ::gettid();
    const bool meant =
        to_all_others(icr) ? !to_self : destination(icr) == state_.apic_id || destination(icr) == kAllProcessors;
    if (!meant) return;
    {
        const std::scoped_lock held(lock_);
        if (delivery_mode(icr) == kInit && asserted(icr)) {
            stop(Activity::Stopped);
            start_vector_.reset();
        } else if (delivery_mode(icr) == kStartUp && activity_ == Activity::Stopped && !start_vector_) {
            start_vector_ = static_cast<std::uint8_t>(icr);
            ++board_.running;
        }
    }
    if (!to_self) kick();
}

/// With `lock_` held. A machine without a processor that runs stands still for ever.
void Vcpu::stop(Activity how) {
    const bool ran = activity_.exchange(how) == Activity::Running || start_vector_;
    if (ran && --board_.running == 0) crash("the guest halted with interrupts off");
}

/// A VM entry is a call, and a VM exit is its return value. False when the kernel refused.
bool Vcpu::enter() {
    if (::syscall(abi::kSysRingVEnter, &state_) == 0) return true;
    const int error = errno;
    std::string lacking;  // behind "none: "
    std::getline(std::ifstream("/proc/vm"), lacking);
    board_.end.end({kStatusFailure,
                    error == ENODEV
                        ? "this machine cannot run guests: " + lacking.substr(lacking.find(' ') + 1) + "; try another"
                    : error == ENOSYS ? "this kernel has no ring V; run vmm on Twain"
                    : error == ENOMEM ? "there is no memory left for the guest; give it less with --memory"
                                      : std::string("ring V cannot be entered: ") + std::strerror(error)});
    return false;
}

void Vcpu::handle_exit() {
    switch (state_.reason) {
    case abi::ExitReason::Interrupted: return;  // `run` looks at the switch
    case abi::ExitReason::Mmio: return handle_mmio();
    case abi::ExitReason::Io: return handle_io();
    case abi::ExitReason::Eoi:
        return board_.interrupts.end_of_interrupt(static_cast<std::uint8_t>(state_.exit.eoi.vector));
    case abi::ExitReason::Ipi: return board_.send(state_.exit.ipi.icr);
    case abi::ExitReason::Halted: {
        const std::scoped_lock held(lock_);
        if (activity_ == Activity::Running) stop(Activity::Halted);
        return;
    }
    case abi::ExitReason::Shutdown: return crash("the guest's processor shut down (triple fault)");
    case abi::ExitReason::BadState: return crash("the processor refused the guest's state");
    case abi::ExitReason::Unhandled:
        return crash("unhandled exit " + hex(state_.exit.unhandled.code) + " (" +
                     hex(state_.exit.unhandled.information[0]) + ", " + hex(state_.exit.unhandled.information[1]) +
                     ")");
    }
}

void Vcpu::handle_mmio() {
    if (state_.exit.mmio.access == abi::MmioAccess::Execute) {
        return crash("the guest jumped to " + hex(state_.exit.mmio.gpa) + ", where it has no memory");
    }
    emulate();
}

void Vcpu::handle_io() {
    const auto& io = state_.exit.io;
    if (io.string != 0) return emulate();
    const Bus& ports = board_.spaces.ports;
    if (io.direction == abi::IoDirection::In) {
        write_partial(state_.general.rax, ports.read(io.port, io.size), io.size);
    } else {
        ports.write(io.port, io.size, truncated(state_.general.rax, io.size));
    }
    state_.general.rip = io.next_rip;
}

void Vcpu::emulate() {
    try {
        emulator_.step(state_);
    } catch (const GuestError& error) { crash(error.what()); }
}

void Vcpu::crash(const std::string& what) { board_.end.end({kStatusCrash, what}); }

bool Vcpu::interrupt(const InterruptMessage& message) const {
    // An 8-bit logical destination is a set of processors, the first being bit 0 of it.
    const std::uint32_t own = state_.apic_id;
    const bool meant = message.logical ? own < 8 && (message.destination >> own & 1) != 0
                                       : message.destination == own || message.destination == kEverybody;
    if (!meant) return false;
    ::syscall(abi::kSysRingVInterrupt, thread_.load(), message.vector, static_cast<unsigned>(message.trigger));
    return true;
}

void Vcpu::kick() {
    ::syscall(SYS_tgkill, ::getpid(), thread_.load(), kKickSignal);
    const std::scoped_lock held(lock_);
    woken_.notify_all();
}

}  // namespace vmm
