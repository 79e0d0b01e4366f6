// SPDX-License-Identifier: MIT
/// @file
/// @brief Kernel instructions that may fault, and where to go on when they do.
/// @chapter traps
#pragma once

#include "x86/trap_frame.h"

/// Where the kernel itself faulted on an instruction that is entered in the fixup table, sends it on to its fixup and answers
/// true; false means a bug in the kernel.
bool fix_up_kernel_fault(TrapFrame& frame);
