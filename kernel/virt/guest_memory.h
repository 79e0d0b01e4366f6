// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading and writing a guest's physical memory.
/// @chapter exits
#pragma once

#include "lib/result.h"

/// Guest-physical memory of the current process: inside the window its address is the process's own, so a checked user copy
/// reaches it. EFAULT: outside the window, or no memory there.
Result<void> read_guest(GuestPhys from, void* to, u64 bytes);
Result<void> write_guest(GuestPhys to, const void* from, u64 bytes);
