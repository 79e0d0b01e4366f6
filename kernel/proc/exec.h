// SPDX-License-Identifier: MIT
/// @file
/// @brief Replacing a process's program.
/// @chapter programs
#pragma once

#include "fs/file.h"
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

/// How a program is named.
struct ProgramPath {
    WalkFrom from;  ///< where `path` starts
    std::string_view path;
    LastLink last = LastLink::Follow;
    Ref<File> opened = {};  ///< fexecve: the program itself; `path` is only what it is called
};

/// Replaces the current process's program: ends its other threads, builds the new memory, closes what is to be closed, and
/// sets `frame` to the first instruction. ENOENT, EACCES, ENOEXEC, ENOMEM, E2BIG, ELIBBAD …: the old program goes on; once it
/// is past that point, a failure ends the process with SIGKILL.
Result<void> execute(const ProgramPath& program, ProgramArguments arguments, TrapFrame& frame);
