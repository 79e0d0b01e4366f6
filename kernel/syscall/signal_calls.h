// SPDX-License-Identifier: MIT
/// @file
/// @brief The system calls about signals, for the dispatcher's table.
/// @chapter signals
#pragma once

#include "syscall/syscall.h"

Result<u64> sys_rt_sigaction(const SyscallArgs&);
Result<u64> sys_rt_sigprocmask(const SyscallArgs&);
Result<u64> sys_rt_sigpending(const SyscallArgs&);
Result<u64> sys_rt_sigsuspend(const SyscallArgs&);
Result<u64> sys_rt_sigtimedwait(const SyscallArgs&);
Result<u64> sys_rt_sigqueueinfo(const SyscallArgs&);
Result<u64> sys_rt_tgsigqueueinfo(const SyscallArgs&);
Result<u64> sys_rt_sigreturn(const SyscallArgs&);
Result<u64> sys_sigaltstack(const SyscallArgs&);
Result<u64> sys_kill(const SyscallArgs&);
Result<u64> sys_tkill(const SyscallArgs&);
Result<u64> sys_tgkill(const SyscallArgs&);
Result<u64> sys_pause(const SyscallArgs&);
