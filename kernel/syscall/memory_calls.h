// SPDX-License-Identifier: MIT
/// @file
/// @brief The system calls about memory, for the dispatcher's table.
/// @chapter programs
#pragma once

#include "syscall/syscall.h"

Result<u64> sys_brk(const SyscallArgs&);
Result<u64> sys_mmap(const SyscallArgs&);
Result<u64> sys_munmap(const SyscallArgs&);
Result<u64> sys_mprotect(const SyscallArgs&);
Result<u64> sys_mremap(const SyscallArgs&);
Result<u64> sys_madvise(const SyscallArgs&);
Result<u64> sys_msync(const SyscallArgs&);
