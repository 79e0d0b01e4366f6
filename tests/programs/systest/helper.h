// SPDX-License-Identifier: MIT
/// @file
/// @brief What systest does when a case starts it again by execve.
/// @chapter testing
#pragma once

namespace systest {

/// True when the program was started by a case: as `systest --helper …`, or as the interpreter of a script.
bool is_helper(int argc, char** argv);

/// Runs the helper named by the arguments: its exit code.
int run_helper(int argc, char** argv);

}  // namespace systest
