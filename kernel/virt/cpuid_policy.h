// SPDX-License-Identifier: MIT
/// @file
/// @brief What a guest's CPUID answers: nothing that is not named here.
/// @chapter exits
#pragma once

#include "lib/types.h"

/// The four registers that CPUID writes.
struct CpuidLeaf {
    u32 eax = 0, ebx = 0, ecx = 0, edx = 0;
    constexpr bool operator==(const CpuidLeaf&) const = default;
};

/// What the answer depends on besides the machine.
struct CpuidView {
    u32 apic_id;
    u32 vcpu_count;
    u64 cr4;
    u64 xcr0;
    u64 xcr0_allowed;  ///< what a guest may set
};

/// The guest's answer for `leaf` and `subleaf`, where the machine itself says `host`. A feature is shown only when it is on
/// the list, the machine has it, and the kernel switches its state; leaves that are not on the list are zero.
/// @sdm{CPUID—CPU Identification} @apm{Function summaries, Appendix E}
CpuidLeaf guest_cpuid(u32 leaf, u32 subleaf, const CpuidLeaf& host, const CpuidView& view);

/// Physical-address bits that a guest sees: the window.
inline constexpr u32 kGuestPhysicalBits = 39;

/// KVM's paravirtual interface, since stock Linux knows it. @spec{Linux: Documentation/virt/kvm/x86/cpuid.rst}
namespace KvmLeaf {
inline constexpr u32 kSignature = 0x4000'0000, kFeatures = 0x4000'0001;
inline constexpr u32 CLOCKSOURCE = 1U << 0, NOP_IO_DELAY = 1U << 1, CLOCKSOURCE2 = 1U << 3, PV_EOI = 1U << 6;
inline constexpr u32 CLOCKSOURCE_STABLE = 1U << 24;
}  // namespace KvmLeaf
