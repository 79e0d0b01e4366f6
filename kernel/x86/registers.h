// SPDX-License-Identifier: MIT
/// @file
/// @brief Bits of the control registers and numbers of the model-specific registers, by the manuals' names.
/// @chapter booting
#pragma once

#include "lib/types.h"

/// @sdm{Control Registers, 2.5}
namespace Cr0 {
inline constexpr u64 PE = 1ULL << 0, MP = 1ULL << 1, EM = 1ULL << 2, TS = 1ULL << 3, ET = 1ULL << 4, NE = 1ULL << 5;
inline constexpr u64 WP = 1ULL << 16, AM = 1ULL << 18, NW = 1ULL << 29, CD = 1ULL << 30, PG = 1ULL << 31;
/// Whether MOV takes `value`, as far as CR0 alone decides. @sdm{MOV—Move to/from Control Registers}
constexpr bool is_valid(u64 value) {
    return !(value >> 32) && (!(value & PG) || (value & PE)) && (!(value & NW) || (value & CD));
}
}  // namespace Cr0

/// @sdm{Control Registers, 2.5}
namespace Cr4 {
inline constexpr u64 VME = 1ULL << 0, PVI = 1ULL << 1, TSD = 1ULL << 2, DE = 1ULL << 3, PSE = 1ULL << 4,
                     PAE = 1ULL << 5;
inline constexpr u64 MCE = 1ULL << 6, PGE = 1ULL << 7, PCE = 1ULL << 8, OSFXSR = 1ULL << 9, OSXMMEXCPT = 1ULL << 10;
inline constexpr u64 UMIP = 1ULL << 11, LA57 = 1ULL << 12, VMXE = 1ULL << 13, SMXE = 1ULL << 14, FSGSBASE = 1ULL << 16;
inline constexpr u64 PCIDE = 1ULL << 17, OSXSAVE = 1ULL << 18, SMEP = 1ULL << 20, SMAP = 1ULL << 21, PKE = 1ULL << 22;
}  // namespace Cr4

/// @apm{Extended Feature Enable Register (EFER), 3.1.7}
namespace Efer {
inline constexpr u64 SCE = 1ULL << 0, LME = 1ULL << 8, LMA = 1ULL << 10, NXE = 1ULL << 11, SVME = 1ULL << 12;
}  // namespace Efer

/// @sdm{Model-Specific Registers (MSRs), volume 4}
namespace Msr {
inline constexpr u32 kTsc = 0x10, kTscAdjust = 0x3b;
inline constexpr u32 kApicBase = 0x1b;
inline constexpr u32 kSysenterCs = 0x174, kSysenterEsp = 0x175, kSysenterEip = 0x176;
inline constexpr u32 kPat = 0x277;
inline constexpr u32 kTscDeadline = 0x6e0;
inline constexpr u32 kX2Apic = 0x800;
inline constexpr u32 kEfer = 0xc000'0080;
inline constexpr u32 kStar = 0xc000'0081;
inline constexpr u32 kLstar = 0xc000'0082;
inline constexpr u32 kCstar = 0xc000'0083;
inline constexpr u32 kSfmask = 0xc000'0084;
inline constexpr u32 kFsBase = 0xc000'0100;
inline constexpr u32 kGsBase = 0xc000'0101;
inline constexpr u32 kKernelGsBase = 0xc000'0102;
inline constexpr u32 kTscAux = 0xc000'0103;
}  // namespace Msr

/// Flags of RFLAGS. @sdm{EFLAGS Register, 3.4.3}
namespace Rflags {
inline constexpr u64 CF = 1ULL << 0, PF = 1ULL << 2, AF = 1ULL << 4, ZF = 1ULL << 6, SF = 1ULL << 7, TF = 1ULL << 8;
inline constexpr u64 IF = 1ULL << 9, DF = 1ULL << 10, OF = 1ULL << 11, IOPL = 3ULL << 12, NT = 1ULL << 14;
inline constexpr u64 RF = 1ULL << 16, VM = 1ULL << 17, AC = 1ULL << 18, ID = 1ULL << 21;
/// What the register keeps of a value: the reserved bits are fixed.
constexpr u64 kept(u64 value) { return (value & 0x3f'7fd5) | 2; }
}  // namespace Rflags

/// Whether each of the eight bytes of `value` is a memory type that the page attribute table may have.
/// @sdm{Memory Types That Can Be Encoded With PAT, table 11-10}
constexpr bool is_valid_pat(u64 value) {
    for (unsigned i = 0; i < 8; ++i, value >>= 8) {
        const u8 type = static_cast<u8>(value);
        if (type > 7 || type == 2 || type == 3) return false;
    }
    return true;
}
static_assert(is_valid_pat(0x0007'0406'0007'0406) && !is_valid_pat(0x0200));
