// SPDX-License-Identifier: MIT
/// @file
/// @brief The futex system call, for the dispatcher's table.
/// @chapter processes
#pragma once

#include "syscall/syscall.h"

Result<u64> sys_futex(const SyscallArgs&);
