// SPDX-License-Identifier: MIT
/// @file
/// @brief Mapping a program and its interpreter into new memory; pages come when they are touched.
/// @chapter programs
#pragma once

#include "fs/file.h"
#include "lib/owned.h"
#include "proc/elf.h"

/// An image and where it was put.
struct PlacedImage {
    Owned<ElfImage> image;
    u64 bias = 0;  ///< added to every address of the file
    u64 entry() const { return image->header.entry + bias; }
};

/// A program in memory that nobody runs in yet.
struct LoadedProgram {
    Ref<AddressSpace> space;
    PlacedImage program;
    PlacedImage interpreter;  ///< without an image for a static program

    /// Where ring 3 begins.
    u64 start() const { return interpreter.image ? interpreter.entry() : program.entry(); }
};

/// Where stacks end, upwards.
inline constexpr VirtAddr kUserStackTop{0x7fff'ffff'e000};

/// Checks that `file` may be executed: a regular file with a right to it. EACCES.
Result<void> check_executable(File& file);
/// Builds the memory of the program in `file`. ENOEXEC, ELIBBAD: it or its interpreter makes no sense; ENOMEM, and what
/// opening the interpreter gives. `from` is where the interpreter's path starts.
Result<LoadedProgram> load_program(const Ref<File>& file, const WalkFrom& from, u64 stack_bytes);
/// Clears what lies behind the file's bytes in each image's last page. The program's memory must be the current one. EFAULT.
Result<void> clear_tails(const LoadedProgram& program);
