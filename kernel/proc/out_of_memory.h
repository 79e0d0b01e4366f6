// SPDX-License-Identifier: MIT
/// @file
/// @brief Who must end when there is no memory left.
/// @chapter frames
#pragma once

#include "lib/types.h"

/// A program's fault at `address` needs a frame and there is none: ends the process that holds most memory, never process 1,
/// and says so in the log. Sleeps a little, so that the memory comes back; then the program tries again, unless it is the one
/// that ends.
void relieve_memory(VirtAddr address);
/// As above for a fault of the kernel's own copy, which cannot wait: its process ends, and the copy fails.
void end_for_lack_of_memory(VirtAddr address);
