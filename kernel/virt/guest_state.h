// SPDX-License-Identifier: MIT
/// @file
/// @brief What the run loop and a back end share of one vCPU.
/// @chapter ring-v
#pragma once

#include "abi/ring_v.h"
#include "lib/types.h"
#include "x86/debug_registers.h"
#include "x86/event.h"
#include "x86/registers.h"

/// The registers that hardware does not keep in a control block, and what the next entry is to do.
struct GuestState {
    explicit GuestState(abi::GeneralRegisters& registers) : general(registers) {}
    abi::GeneralRegisters& general;
    /// Injected by the next entry. An exit that interrupts a delivery leaves the event here, so that it is delivered again.
    Event event;
    /// Whether the entry must be left as soon as the guest can take an interrupt.
    bool want_window = false;
    /// The same for an NMI. SVM, which has no such window, exits at the end of each NMI's handler.
    bool want_nmi_window = false;
    /// Whether the instruction at RIP runs before any interrupt (after STI or MOV SS).
    bool shadow = false;
    /// Whether an NMI is being handled: none is injected before its IRET.
    bool nmi_blocked = false;
    u64 xcr0 = 1;
    x86::DebugAddresses debug = {};
    u64 tsc_offset = 0;  ///< the guest's TSC minus the host's
    u64 tsc_aux = 0;
    static constexpr u64 kPatAtReset = 0x0007'0406'0007'0406;
    u64 pat = kPatAtReset;
};

/// The registers that decide between the processor's modes.
struct Modes {
    u64 cr0, cr4, efer;
};

/// What a guest's CR0 keeps of a value written: all that is known but the bits for the caches, which are not the guest's.
constexpr u64 kept_cr0(u64 value) {
    return (value & (Cr0::PE | Cr0::MP | Cr0::EM | Cr0::TS | Cr0::NE | Cr0::WP | Cr0::AM | Cr0::PG)) | Cr0::ET;
}
/// EFER with LMA as LME and paging have it. @sdm{IA-32e Paging, 4.1.1}
constexpr u64 with_long_mode(u64 efer, u64 cr0) {
    return (efer & Efer::LME) && (cr0 & Cr0::PG) ? efer | Efer::LMA : efer & ~Efer::LMA;
}

/// The registers that say how the guest's addresses and instructions are read.
struct PagingState {
    u64 cr0, cr3, cr4, efer;
    u64 code_base;     ///< of CS
    bool code_64_bit;  ///< CS.L in long mode
    bool code_32_bit;  ///< CS.D
};

/// Bits of a code segment's attributes.
inline constexpr u16 kLongCode = 1 << 9, kDefaultSize = 1 << 10;

inline PagingState paging_state(const Modes& modes, u64 cr3, const abi::Segment& cs) {
    const bool code_64_bit = (modes.efer & Efer::LMA) && (cs.attributes & kLongCode);
    return {modes.cr0, cr3, modes.cr4, modes.efer, cs.base, code_64_bit, (cs.attributes & kDefaultSize) != 0};
}

/// General register `number`, by its number in instructions (0 RAX .. 15 R15).
inline u64& general_register(abi::GeneralRegisters& general, unsigned number) {
    static_assert(offsetof(abi::GeneralRegisters, r15) == 15 * 8);
    return *reinterpret_cast<u64*>(reinterpret_cast<char*>(&general) + 8 * (number & 15));
}
