// SPDX-License-Identifier: MIT
/// @file
/// @brief The list that the grader and the kernel of lab 3 share.
/// @chapter testing
#pragma once

#include "lib/types.h"

namespace fork_lab {

inline constexpr u64 kSteps = 256;
inline constexpr u64 kSpaces = 8;

enum class Deed : u32 { NewSpace, EndSpace, Map, Protect, Fork, Write, Read, Fault, NewFrame, Share, Drop, Count };

/// What a region is made of.
enum class From : u32 { Zeros, Source, SharedSource };

/// One call of the kernel's functions for memory, and what came of it.
struct Step {
    Deed deed = Deed::Read;
    u32 space = 0;  ///< which of the grader's; Fork: the parent
    u32 other = 0;  ///< Fork: the child
    From from = From::Zeros;
    u64 address = 0;     ///< Map, Protect, Write, Read, Fault; Share, Drop, Count: of the frame. Answer of NewFrame
    u64 bytes = 0;       ///< Map, Protect
    u32 rights = 0;      ///< Map, Protect: 1 read, 2 write, 4 execute
    u32 size = 1;        ///< NewFrame, Share, Drop, Count: a PageSize
    u32 access = 0;      ///< Fault: an Access
    u32 ring = 0;        ///< Fault: a Ring
    u64 value = 0;       ///< Write; the answer of Read and of Count
    u64 faults = 0;      ///< answer of Write and Read: how often the processor was refused
    u64 resolution = 0;  ///< answer of Write, Read and Fault: of the last fault
    u64 error = 0;
    u64 free_bytes = 0;  ///< of the machine, after the call
};
static_assert(sizeof(Step) == 88);

}  // namespace fork_lab
