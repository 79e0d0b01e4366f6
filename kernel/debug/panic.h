// SPDX-License-Identifier: MIT
/// @file
/// @brief What happens to the machine after a panic.
/// @chapter observability
#pragma once

/// After a panic the machine stays as it is, for a debugger to look at (`panic=wait` on the command line). Otherwise it ends
/// where it can tell its emulator to, and stands still where it cannot.
void set_panic_waits();
