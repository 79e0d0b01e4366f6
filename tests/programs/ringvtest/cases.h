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

/// How many exits the registers are looked at through.
inline int exits = 100'000;

std::span<const Case> apic_cases();
std::span<const Case> exit_cases();
std::span<const Case> interrupt_cases();
std::span<const Case> isolation_cases();
std::span<const Case> register_cases();

/// Prints what an exit costs: settled in the kernel, and settled by this program.
void measure_exits();
/// Prints for each size of pages what a nested fault on fresh memory costs, and the bytes of pairs that a GiB of them takes.
/// The machine has to have a whole GiB of memory that is free.
void measure_faults();

}  // namespace ringvtest
