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

/// The registers that decide between the processor's modes.
struct Modes {
    u64 cr0, cr4, efer;
};

/// The registers that hardware does not keep in a control block, those that a guest changes only through the kernel, and what
/// the next entry is to do.
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
    /// Whether the guest uses DR0 .. DR3: they are exchanged around each run then. Cleared by a run that ends with no
    /// breakpoint set; the guest's next access brings them back.
    bool debug_loaded = false;
    x86::DebugAddresses debug = {};
    Modes modes{};
    bool x2apic = true;  ///< whether the local APIC's MSRs exist
    static constexpr u64 kPatAtReset = 0x0007'0406'0007'0406;
    u64 pat = kPatAtReset;
    u64 xcr0 = 1;
    u64 tsc_offset = 0;  ///< the guest's TSC minus the host's
    u64 tsc_aux = 0;
};

/// What a guest's CR0 keeps of a value written: all that is known but the bits for the caches, which are not the guest's.
constexpr u64 kept_cr0(u64 value) {
    return (value & (Cr0::PE | Cr0::MP | Cr0::EM | Cr0::TS | Cr0::NE | Cr0::WP | Cr0::AM | Cr0::PG)) | Cr0::ET;
}
/// CR0 after LMSW of `source`, which can set PE but not clear it.
constexpr u64 with_lmsw(u64 cr0, u64 source) {
    constexpr u64 kBits = Cr0::MP | Cr0::EM | Cr0::TS;
    return (cr0 & ~kBits) | (source & (kBits | Cr0::PE));
}
/// EFER with LMA as LME and paging have it. @sdm{IA-32e Paging, 4.1.1}
constexpr u64 with_long_mode(u64 efer, u64 cr0) {
    return (efer & Efer::LME) && (cr0 & Cr0::PG) ? efer | Efer::LMA : efer & ~Efer::LMA;
}
/// Whether instructions of a code segment with these attributes are 64-bit ones.
constexpr bool is_64_bit_code(const Modes& modes, u16 attributes) {
    constexpr u16 kLong = 1 << 9;
    return (modes.efer & Efer::LMA) && (attributes & kLong);
}

/// General register `number`, by its number in instructions (0 RAX .. 15 R15).
inline u64& general_register(abi::GeneralRegisters& general, unsigned number) {
    static_assert(offsetof(abi::GeneralRegisters, r15) == 15 * 8);
    return *reinterpret_cast<u64*>(reinterpret_cast<char*>(&general) + 8 * (number & 15));
}
