// SPDX-License-Identifier: MIT
/// @file
/// @brief Replacing a process's program.
/// @chapter processes
#pragma once

#include "lib/result.h"
#include "lib/string.h"
#include "x86/trap_frame.h"

/// The arguments and environment of a new program, each text with its closing zero, and where each list begins.
struct ProgramArguments {
    /// Arguments and environment together take at most this much. E2BIG beyond.
    static constexpr usize kMaxBytes = 2 * kMiB;
    static constexpr usize kMaxOne = 128 * kKiB;

    Vec<String> arguments;
    Vec<String> environment;
    usize bytes = 0;

    /// Appends to one of the two lists. E2BIG, ENOMEM: unchanged.
    Result<void> add(Vec<String>& list, std::string_view text);
};

/// Where a program is named: a path, from the directory of an open file where it is relative.
struct ProgramPath {
    int directory;        ///< an open directory's descriptor, or AT_FDCWD
    std::string_view path;
    int flags = 0;        ///< AT_EMPTY_PATH: `directory` is the program itself
};

/// Replaces the current process's program: ends its other threads, builds the new memory, closes what is to be closed, and
/// sets `frame` to the first instruction. ENOENT, EACCES, ENOEXEC, ENOMEM, E2BIG, ELIBBAD …: the old program goes on; once it
/// is past that point, a failure ends the process with SIGKILL.
Result<void> execute(const ProgramPath& program, ProgramArguments arguments, TrapFrame& frame);
