// SPDX-License-Identifier: MIT
/// @file
/// @brief A new program's stack: arguments, environment and auxiliary vector, laid out before anything is written.
/// @chapter programs
///
///     top         8 zero bytes
///                 the path of the program, the environment's texts, the arguments' texts
///                 "x86_64", 16 random bytes
///                 auxiliary vector (pairs), closed by AT_NULL
///                 pointers to the environment's texts, closed by 0
///                 pointers to the arguments' texts, closed by 0
///     RSP ->      count of arguments                                    aligned to 16
///
/// @spec{System V Application Binary Interface, AMD64 Architecture Processor Supplement, 3.4.1 Initial Stack and Register State}
#pragma once

#include "lib/vec.h"
#include "proc/exec.h"

/// What the auxiliary vector tells of an image.
struct AuxiliaryFacts {
    u64 headers = 0;             ///< AT_PHDR
    u64 header_count = 0;        ///< AT_PHNUM
    u64 interpreter_base = 0;    ///< AT_BASE
    u64 entry = 0;               ///< AT_ENTRY
    u64 processor_features = 0;  ///< AT_HWCAP
    u64 signal_frame_bytes = 0;  ///< AT_MINSIGSTKSZ
};

/// A text and where it goes.
struct PlacedText {
    u64 address;
    std::string_view text;  ///< a zero follows it in memory
};

/// The whole stack, ready to be copied.
struct UserStack {
    Vec<PlacedText> texts;
    u64 random_address = 0;  ///< where 16 random bytes go
    Vec<u64> words;          ///< from `stack_pointer` upwards: count, pointers, auxiliary vector
    u64 stack_pointer = 0;
};

/// Lays a stack out below `top`. Borrows the texts. ENOMEM.
Result<UserStack> lay_out_stack(u64 top, std::string_view path, const ProgramArguments& arguments,
                                const AuxiliaryFacts& facts);
