// SPDX-License-Identifier: MIT
/// @file
/// @brief The deeds of storm: each is done in a process of its own, many at once.
/// @chapter testing
#pragma once

#include <span>
#include <string_view>

namespace storm {

/// Something that a process does; 0: all was as it must be, else where it was not.
struct Deed {
    std::string_view name;
    int (*run)();
};

/// Threads, locks between processes, and programs that end or are replaced in the middle of it.
std::span<Deed const> thread_deeds();
/// Forks, signals and stops.
std::span<Deed const> process_deeds();
/// Executes damaged copies of this program. The numbers come from `seed`; whatever happens to the children, all must end.
int execute_damaged_programs(unsigned seed, int count);

}  // namespace storm
