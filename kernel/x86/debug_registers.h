// SPDX-License-Identifier: MIT
/// @file
/// @brief The four addresses of hardware breakpoints, in and out of the processor.
/// @chapter traps
#pragma once

#include "x86/instructions.h"

namespace x86 {

/// DR0 .. DR3. What they mean is said in DR7. @sdm{Debug Registers, 17.2}
using DebugAddresses = u64[4];

/// What DR6 and DR7 keep of a value: the reserved bits are fixed.
constexpr u64 kept_dr6(u64 value) { return (value & 0xe00f) | 0xffff'0ff0; }
constexpr u64 kept_dr7(u64 value) { return (value & 0xffff'2bff) | 0x400; }

inline void load_debug_addresses(const DebugAddresses& addresses) {
    write_dr0(addresses[0]);
    write_dr1(addresses[1]);
    write_dr2(addresses[2]);
    write_dr3(addresses[3]);
}
/// Saves them and leaves them clear.
inline void take_debug_addresses(DebugAddresses& addresses) {
    addresses[0] = read_dr0();
    addresses[1] = read_dr1();
    addresses[2] = read_dr2();
    addresses[3] = read_dr3();
    load_debug_addresses({0, 0, 0, 0});
}

}  // namespace x86
