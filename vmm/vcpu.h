// SPDX-License-Identifier: MIT
/// @file
/// @brief A processor of the guest: a thread that enters ring V and answers what it comes back with.
/// @chapter exits
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>

#include "kernel/abi/ring_v.h"
#include "vmm/emulator.h"
#include "vmm/ending.h"
#include "vmm/io_apic.h"

namespace vmm {

/// Where a processor's exits go.
struct Board {
    AddressSpaces spaces;
    IoApic& interrupts;
    EndSwitch& end;
};

/// The processor with the given x2APIC identifier; it belongs to the thread that makes it.
class Vcpu {
   public:
    Vcpu(Board board, const abi::RingV& state);

    /// Runs the guest until the machine has ended. Call it on the thread that made the processor.
    void run();

    /// Sends `message` to the processor if it is the one meant. Any thread.
    void interrupt(const InterruptMessage& message) const;

    /// Makes it come back from ring V, or from a system call, and look at the switch. Any thread.
    void kick() const;

    /// Where the guest is; after `run`.
    std::uint64_t rip() const { return state_.general.rip; }

    /// For --stats: how often it came back, a line for each reason that occurred. After `run`.
    std::string exit_table() const;

   private:
    bool enter();
    void handle_exit();
    void handle_mmio();
    void handle_io();
    void emulate();
    void crash(const std::string& what);

    Board board_;
    Emulator emulator_;
    abi::RingV state_;
    pid_t thread_;
    std::array<std::uint64_t, abi::kExitReasons> exits_{};  ///< by reason
};

}  // namespace vmm
