// SPDX-License-Identifier: MIT
/// @file
/// @brief A root file system in this process, and short ways to fill and read it.
/// @chapter testing
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fs/file.h"
#include "fs/mount.h"
#include "fs/path.h"

namespace host_files {

/// A new, empty tmpfs as a root of its own. The first call gives the frame allocator its memory.
Place new_root();

/// Text as bytes to write; the buffer never writes to it.
KernelBuffer buffer_of(std::string_view text);

/// Each fails the test, and answers what the kernel answered, an errno as a negative number.
std::string contents(Inode& inode);
std::vector<std::string> names(Inode& directory);

/// 0 or the negative errno.
template <class T>
int code_of(const Result<T>& result) {
    return -result.error().code;
}

/// Makes `path` (its directory exists) with these contents.
Ref<Inode> make_file(const Place& root, std::string_view path, std::string_view text);
Ref<Inode> make_directory(const Place& root, std::string_view path);
void make_link(const Place& root, std::string_view path, std::string_view target);

}  // namespace host_files
