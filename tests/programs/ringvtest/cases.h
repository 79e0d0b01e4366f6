// SPDX-License-Identifier: MIT
/// @file
/// @brief The cases of ringvtest: each gets fresh guest memory and a fresh thread, and throws what went wrong.
/// @chapter testing
#pragma once

#include <span>

namespace ringvtest {

struct Case {
    const char* name;
    void (*body)();
};

std::span<const Case> exit_cases();
std::span<const Case> interrupt_cases();
std::span<const Case> isolation_cases();
std::span<const Case> register_cases();

/// Prints what an exit costs: settled in the kernel, settled by this program, and for a nested fault on fresh memory.
void measure_exits();

}  // namespace ringvtest
