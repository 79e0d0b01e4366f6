// SPDX-License-Identifier: MIT
/// @file
/// @brief The system calls that make, replace, end and arrange processes and threads, for the dispatcher's table.
/// @chapter linux-interface
#pragma once

#include "syscall/syscall.h"

Result<u64> sys_fork(const SyscallArgs&);
Result<u64> sys_vfork(const SyscallArgs&);
Result<u64> sys_clone(const SyscallArgs&);
Result<u64> sys_clone3(const SyscallArgs&);
Result<u64> sys_execve(const SyscallArgs&);
Result<u64> sys_execveat(const SyscallArgs&);
Result<u64> sys_exit(const SyscallArgs&);
Result<u64> sys_exit_group(const SyscallArgs&);
Result<u64> sys_wait4(const SyscallArgs&);
Result<u64> sys_waitid(const SyscallArgs&);

Result<u64> sys_getpid(const SyscallArgs&);
Result<u64> sys_gettid(const SyscallArgs&);
Result<u64> sys_getppid(const SyscallArgs&);
Result<u64> sys_getpgrp(const SyscallArgs&);
Result<u64> sys_getpgid(const SyscallArgs&);
Result<u64> sys_setpgid(const SyscallArgs&);
Result<u64> sys_getsid(const SyscallArgs&);
Result<u64> sys_setsid(const SyscallArgs&);

Result<u64> sys_arch_prctl(const SyscallArgs&);
Result<u64> sys_prctl(const SyscallArgs&);
Result<u64> sys_set_tid_address(const SyscallArgs&);
Result<u64> sys_set_robust_list(const SyscallArgs&);
Result<u64> sys_get_robust_list(const SyscallArgs&);
Result<u64> sys_sched_yield(const SyscallArgs&);
Result<u64> sys_sched_getaffinity(const SyscallArgs&);
Result<u64> sys_sched_setaffinity(const SyscallArgs&);
Result<u64> sys_sched_getparam(const SyscallArgs&);
Result<u64> sys_sched_get_priority_limit(const SyscallArgs&);  ///< the largest and the smallest: 0 for ordinary threads
Result<u64> sys_getpriority(const SyscallArgs&);
Result<u64> sys_getcpu(const SyscallArgs&);
Result<u64> sys_personality(const SyscallArgs&);
/// Answers 0: users and groups (everybody is root), priorities that are accepted and ignored.
Result<u64> sys_zero(const SyscallArgs&);
Result<u64> sys_getres_ids(const SyscallArgs&);  ///< getresuid, getresgid: three zeros
Result<u64> sys_capget(const SyscallArgs&);
