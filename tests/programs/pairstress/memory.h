// SPDX-License-Identifier: MIT
/// @file
/// @brief Memory as it is: loads and stores that may fault, by the program and by the kernel, and system calls on runs.
/// @chapter pair
#pragma once

#include <string>

#include "model.h"

namespace pairstress {

/// How an access ended.
enum class Access { Done, NotMapped, Denied, Other };

/// Installs the handler for faults. Accesses below need it.
void catch_faults();

/// Loads the word at `address` into `value`.
Access load(uintptr_t address, uint64_t& value);

/// Stores a word at `address`.
Access store(uintptr_t address, uint64_t value);

/// Lets the kernel read 8 bytes at `address`, through a pipe: Done or Denied.
Access kernel_load(uintptr_t address, uint64_t& value);

/// Lets the kernel write 8 bytes at `address`.
Access kernel_store(uintptr_t address, uint64_t value);

/// The system calls on a run of pages; each returns true when the kernel did it.
bool map_pages(Run run, Rights rights);
bool unmap_pages(Run run);
bool protect_pages(Run run, Rights rights);
bool discard_pages(Run run);

/// Asks the kernel to compare both halves of all pairs with its regions; true also when the kernel has no such check.
bool kernel_check(std::string const& path);

}  // namespace pairstress
