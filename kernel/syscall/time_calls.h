// SPDX-License-Identifier: MIT
/// @file
/// @brief The system calls about time, for the dispatcher's table.
/// @chapter linux-interface
#pragma once

#include "syscall/syscall.h"

Result<u64> sys_clock_gettime(const SyscallArgs&);
Result<u64> sys_clock_getres(const SyscallArgs&);
Result<u64> sys_clock_settime(const SyscallArgs&);  ///< also settimeofday: EPERM
Result<u64> sys_clock_nanosleep(const SyscallArgs&);
Result<u64> sys_nanosleep(const SyscallArgs&);
Result<u64> sys_gettimeofday(const SyscallArgs&);
Result<u64> sys_time(const SyscallArgs&);
Result<u64> sys_restart_syscall(const SyscallArgs&);
Result<u64> sys_alarm(const SyscallArgs&);
Result<u64> sys_getitimer(const SyscallArgs&);
Result<u64> sys_setitimer(const SyscallArgs&);
