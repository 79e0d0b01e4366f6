// SPDX-License-Identifier: MIT
/// @file
/// @brief The list that the grader and the kernel of lab 6 share.
/// @chapter testing
#pragma once

#include "lib/types.h"

namespace fault_lab {

inline constexpr u64 kSteps = 256;
/// Pages of the source that regions may have, and what the first word of page `n` is: this plus n.
inline constexpr u64 kSourcePages = 8, kSourceWord = 0x50000000;

enum class Deed : u32 { Region, Fault, Look, Write, Fork };
/// What a region shows.
enum class Shows : u32 { Zeroes, PrivateSource, SharedSource };

/// One thing done with the grader's memory, and what came of it.
struct Step {
    Deed deed = Deed::Look;
    u32 space = 0;       ///< 0, or 1: what Fork made of 0
    u64 address = 0;     ///< of all but Fork
    u64 bytes = 0;       ///< Region
    u64 protection = 0;  ///< Region: 1 read, 2 write, 4 execute
    Shows shows = Shows::Zeroes;
    u32 access = 0;      ///< Fault: an Access
    u32 ring = 0;        ///< Fault: a Ring
    u32 resolution = 0;  ///< answer of Fault
    u64 word = 0;        ///< Write: the page's first word. Answer of Fault and Look: that of the page
    // Answers of Fault and Look: what stands there now.
    u64 level = 0;
    u64 host = 0, nested = 0;
    // Answers of Fault: what the trace ring got.
    u64 records = 0;  ///< how many
    u64 traced_address = 0;
    u32 traced_cause = 0, traced_access = 0, traced_resolution = 0, traced_level = 0;
    u64 host_before = 0, host_after = 0, nested_after = 0;
};
static_assert(sizeof(Step) == 136);

}  // namespace fault_lab
