// SPDX-License-Identifier: MIT
/// @file
/// @brief The last behaviours of most labs: all of Twain runs on what the student wrote.
/// @chapter testing
#pragma once

#include "labs/grade/behaviours.h"
#include "tests/machine/machine.h"

namespace grading {

/// Boots to Twain's shell in QEMU, runs programs, and walks all their pairs from outside.
void boots(const Subject& subject);
/// Runs the smallest guest in ring V, by SVM in QEMU.
void runs_a_guest(const Subject& subject);
/// The same by VMX in Bochs.
void runs_a_guest_on_vmx(const Subject& subject);

/// What matched `pattern` first on the console of a machine in Bochs. @throws Failure (Hang) after ten times the work that it takes
std::string wait_in_bochs(machine::Machine& machine, const std::string& pattern);

}  // namespace grading
