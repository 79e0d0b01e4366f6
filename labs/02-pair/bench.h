// SPDX-License-Identifier: MIT
/// @file
/// @brief The list that the grader and the kernel of lab 2 share.
/// @chapter testing
#pragma once

#include "lib/types.h"

namespace pair_lab {

inline constexpr u64 kSteps = 256;

enum class Deed : u32 { NewPair, Walk, Map, MapNew, Protect, Replace, Unmap, Read };

/// One call of the student's functions on a tree of the grader's, and what came of it.
struct Step {
    Deed deed = Deed::Walk;
    u32 size = 1;     ///< a PageSize
    u64 address = 0;  ///< Unmap: where the range begins
    u64 end = 0;      ///< Unmap: where it ends
    u64 frame = 0;    ///< Map: the grader's. Answer of MapNew, Replace and NewPair: what was allocated
    u64 rights = 0;   ///< 1 read, 2 write, 4 execute
    u64 value = 0;    ///< MapNew and Replace: the new page's first word. Answer of Read: that of the page
    u64 level = 0;    ///< answers of Walk
    u64 host = 0, nested = 0;
    u64 error = 0;
    u64 pairs = 0;       ///< in the tree, as the kernel counts them, after the call
    u64 free_bytes = 0;  ///< of the machine, after the call
};
static_assert(sizeof(Step) == 96);

}  // namespace pair_lab
