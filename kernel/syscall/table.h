// SPDX-License-Identifier: MIT
/// @file
/// @brief From a system call's number to the function that answers it.
/// @chapter linux-interface
#pragma once

#include "syscall/syscall.h"

/// The function for Linux's number (or one of ours), or null.
Syscall find_syscall(u64 number);
