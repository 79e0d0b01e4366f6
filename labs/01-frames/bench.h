// SPDX-License-Identifier: MIT
/// @file
/// @brief The list that the grader and the kernel of lab 1 share.
/// @chapter testing
#pragma once

#include "lib/types.h"

namespace lab {

inline constexpr u64 kSteps = 512;
inline constexpr u64 kFrames = 1 << 15;
inline constexpr u64 kNothing = ~0ULL;

enum class Deed : u32 { Release, Free, Has, Allocate };

/// One call of the allocator, and what came of it.
struct Step {
    Deed deed = Deed::Has;
    u32 order = 0;
    u64 frame = 0;  ///< Free: the block; Release: the first frame
    u64 end = 0;    ///< Release: behind the last frame
    u64 result = 0;
    u64 free_frames = 0;  ///< after the call
};
static_assert(sizeof(Step) == 40);

}  // namespace lab
