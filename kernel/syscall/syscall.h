// SPDX-License-Identifier: MIT
/// @file
/// @brief How a system call looks to the function that answers it.
/// @chapter linux-interface
#pragma once

#include "lib/result.h"
#include "mm/user_memory.h"
#include "x86/trap_frame.h"

/// The arguments of a system call, as the program put them into RDI, RSI, RDX, R10, R8 and R9.
struct SyscallArgs {
    u64 a[6];
    TrapFrame& frame;  ///< the whole register file of the caller, for clone, execve and rt_sigreturn

    template <class T>
    UserPtr<T> pointer(unsigned i) const {
        return UserPtr<T>(a[i]);
    }
    int fd(unsigned i) const { return static_cast<int>(a[i]); }
};

/// A system call: its value, or an errno, which the dispatcher turns into the negative number that Linux programs expect.
using Syscall = Result<u64> (*)(const SyscallArgs& args);

/// Answers the system call that `frame` asks for: called by the entry stub with interrupts on, on the thread's kernel stack.
extern "C" void syscall_dispatch(TrapFrame& frame);
