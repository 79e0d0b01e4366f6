// SPDX-License-Identifier: MIT
/// @file
/// @brief The system calls about the system as a whole, for the dispatcher's table.
/// @chapter linux-interface
#pragma once

#include "syscall/syscall.h"

Result<u64> sys_uname(const SyscallArgs&);
Result<u64> sys_sethostname(const SyscallArgs&);
Result<u64> sys_setdomainname(const SyscallArgs&);
Result<u64> sys_sysinfo(const SyscallArgs&);
Result<u64> sys_getrandom(const SyscallArgs&);
Result<u64> sys_reboot(const SyscallArgs&);
Result<u64> sys_syslog(const SyscallArgs&);
Result<u64> sys_membarrier(const SyscallArgs&);
Result<u64> sys_getrusage(const SyscallArgs&);
Result<u64> sys_times(const SyscallArgs&);
Result<u64> sys_getrlimit(const SyscallArgs&);
Result<u64> sys_setrlimit(const SyscallArgs&);
Result<u64> sys_prlimit64(const SyscallArgs&);

/// Adds /proc/twain/unknown_syscalls. Called once while booting.
void add_syscall_files();
