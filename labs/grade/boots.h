// SPDX-License-Identifier: MIT
/// @file
/// @brief The last behaviours of most labs: all of Twain runs on what the student wrote.
/// @chapter testing
#pragma once

#include "labs/grade/behaviours.h"

namespace grading {

/// Boots to Twain's shell in QEMU, runs programs, and walks all their pairs from outside.
void boots(const Subject& subject);
/// Runs the smallest guest in ring V, by SVM in QEMU.
void runs_a_guest(const Subject& subject);
/// The same by VMX in Bochs.
void runs_a_guest_on_vmx(const Subject& subject);

}  // namespace grading
