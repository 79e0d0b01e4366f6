// SPDX-License-Identifier: MIT
/// @file
/// @brief What a guest's CPUID answers: nothing that is not named here.
/// @chapter exits
#pragma once

#include "x86/instructions.h"

/// The four registers that CPUID writes.
using CpuidLeaf = x86::CpuidResult;

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
