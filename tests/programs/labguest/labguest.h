// SPDX-License-Identifier: MIT
/// @file
/// @brief The cases of labguest, which the grader runs one by one.
/// @chapter testing
#pragma once

#include "../ringvtest/cases.h"
#include "../ringvtest/machine.h"

namespace labguest {

/// What the grader typed. All that is random in a case comes of it.
extern std::uint64_t nonce;

/// Lab 5: the first entry and exit.
std::span<const ringvtest::Case> entry_cases();
/// Lab 6: faults through both doors.
std::span<const ringvtest::Case> fault_cases();
/// Lab 7: exits that the kernel settles, and virtual interrupts.
std::span<const ringvtest::Case> feature_cases();
std::span<const ringvtest::Case> virtual_interrupt_cases();

}  // namespace labguest
