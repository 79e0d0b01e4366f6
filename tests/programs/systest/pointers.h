// SPDX-License-Identifier: MIT
/// @file
/// @brief The kinds of bad pointer that are handed to system calls.
/// @chapter testing
#pragma once

#include <vector>

namespace systest {

/// A pointer that a system call must not follow.
struct BadPointer {
    enum Kind { Null, NotMapped, ReadOnly, KernelHalf, NonCanonical };

    Kind kind;
    char const* name;
    long address;
};

/// All kinds of bad pointer. The read-only one points at 0xff bytes just before a hole: good to read from in part, never to
/// write to, and without an end for a path.
std::vector<BadPointer> const& bad_pointers();

}  // namespace systest
