// SPDX-License-Identifier: MIT
/// @file
/// @brief The list that the grader and the kernel of lab 4 share.
/// @chapter testing
#pragma once

#include "lib/types.h"

namespace program_lab {

inline constexpr u64 kSteps = 64;
inline constexpr u64 kBytes = 8192;
/// A program's memory for copies: two pages of data, one that is read-only, and then nothing.
inline constexpr u64 kData = 0x7000'0000'0000, kReadOnly = kData + 0x2000, kHole = kData + 0x3000;

enum class Deed : u32 { Header, Image, CopyOut, CopyIn, Text };

/// One call, and what came of it. Bytes that go in or come out stand in `lab_bytes`.
struct Step {
    Deed deed = Deed::Header;
    u32 reserved = 0;
    u64 address = 0;  ///< CopyOut, CopyIn, Text
    u64 bytes = 0;    ///< of the input or the copy; Text: the limit. Answer of Text: its length
    u64 error = 0;
};
static_assert(sizeof(Step) == 32);

struct Segment {
    u64 address, file_offset, file_bytes, memory_bytes, rights;
};
/// What the parser made of the input.
struct Plan {
    u64 entry, headers_offset, header_count, is_position_independent;
    u64 segment_count, lowest, highest, alignment, headers_address, interpreter_offset, interpreter_bytes;
    u64 executable_stack;
    Segment segments[32];
};

}  // namespace program_lab
