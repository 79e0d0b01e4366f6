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

#include "vmm/failure.h"
#include "vmm/registers.h"

namespace vmm {
namespace {

constexpr int kKickSignal = SIGUSR1;
constexpr std::uint8_t kEverybody = 0xff;

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

Vcpu::Vcpu(Board board, const abi::RingV& state)
    : board_(board), emulator_(board.spaces), state_(state), thread_(static_cast<pid_t>(::syscall(SYS_gettid))) {
    install_kick_signal();
}

void Vcpu::run() {
    while (!board_.end.ended() && enter()) {
        ++exits_.at(static_cast<std::size_t>(state_.reason));
        handle_exit();
    }
}

/// A VM entry is a call, and a VM exit is its return value. False when the kernel refused.
bool Vcpu::enter() {
    if (::syscall(abi::kSysRingVEnter, &state_) == 0) return true;
    if (errno == ENOSYS) {
        board_.end.end({kStatusFailure, "this kernel has no ring V; run vmm on Twain"});
    } else if (errno == ENODEV || errno == EOPNOTSUPP) {
        board_.end.end(
            {kStatusFailure, "this machine's processor has no virtualisation that Twain knows; try another"});
    } else if (errno == ENOMEM) {
        board_.end.end({kStatusFailure, "there is no memory left for the guest; give it less with --memory"});
    } else {
        board_.end.end({kStatusFailure, std::string("ring V cannot be entered: ") + std::strerror(errno)});
    }
    return false;
}

void Vcpu::handle_exit() {
    switch (state_.reason) {
    case abi::ExitReason::Interrupted: return;  // `run` looks at the switch
    case abi::ExitReason::Mmio: return handle_mmio();
    case abi::ExitReason::Io: return handle_io();
    case abi::ExitReason::Eoi:
        return board_.interrupts.end_of_interrupt(static_cast<std::uint8_t>(state_.exit.eoi.vector));
    case abi::ExitReason::Ipi: return;  // to processors that this machine does not have
    case abi::ExitReason::Halted: return crash("the guest halted with interrupts off");
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

void Vcpu::interrupt(const InterruptMessage& message) const {
    // An 8-bit logical destination is a set of processors, this one being bit 0 of it.
    const std::uint32_t own = state_.apic_id;
    const bool meant = message.logical ? (message.destination >> own & 1) != 0
                                       : message.destination == own || message.destination == kEverybody;
    if (meant) ::syscall(abi::kSysRingVInterrupt, thread_, message.vector, static_cast<unsigned>(message.trigger));
}

std::string Vcpu::exit_table() const {
    std::string lines;
    for (std::size_t i = 0; i < exits_.size(); ++i) {
        if (exits_[i] == 0) continue;
        lines += "vmm: left ring V for " + std::string(kReasonNames[i]) + ": " + std::to_string(exits_[i]) + "\n";
    }
    return lines;
}

void Vcpu::kick() const { ::syscall(SYS_tgkill, ::getpid(), thread_, kKickSignal); }

}  // namespace vmm
