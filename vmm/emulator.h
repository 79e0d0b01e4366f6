// SPDX-License-Identifier: MIT
/// @file
/// @brief Executes, for the guest, the instructions that touch devices.
/// @chapter vmm
#pragma once

#include "kernel/abi/ring_v.h"
#include "vmm/device.h"
#include "vmm/guest_memory.h"
#include "vmm/instruction.h"

namespace vmm {

/// What a memory access of the guest can meet: memory where there is some, devices elsewhere; and the ports.
struct AddressSpaces {
    const GuestMemory& memory;
    const Bus& mmio;
    const Bus& ports;
};

/// Executes the one instruction at RIP, registers and flags included: what compilers and Linux use to reach a device
/// (moves, arithmetic, bit tests, exchanges, string moves, INS and OUTS). A repeated string instruction may stop part
/// way, with RIP still on it and its count lowered, as at an interrupt.
class Emulator {
   public:
    explicit Emulator(AddressSpaces spaces) : spaces_(spaces) {}

    /// Throws GuestError, naming the instruction, when it cannot be fetched or is not among those above.
    void step(abi::RingV& state) const;

   private:
    AddressSpaces spaces_;
};

}  // namespace vmm
