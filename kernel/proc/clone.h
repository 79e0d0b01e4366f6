// SPDX-License-Identifier: MIT
/// @file
/// @brief Making processes and threads: fork, vfork and clone are one operation with different things shared.
/// @chapter processes
#pragma once

#include "lib/result.h"
#include "x86/trap_frame.h"

/// What a new thread or process shares with its maker and where it begins; Linux's struct clone_args, as far as Twain goes.
struct CloneRequest {
    u64 flags = 0;           ///< CLONE_ bits without the exit signal
    int exit_signal = 0;     ///< what the parent is sent when the new process ends; 0: nothing
    u64 stack = 0;           ///< the new stack pointer; 0: that of the maker
    u64 parent_tid = 0;      ///< CLONE_PARENT_SETTID
    u64 child_tid = 0;       ///< CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID
    u64 thread_pointer = 0;  ///< CLONE_SETTLS
};

/// Makes it and lets it run; answers its number. The child returns to ring 3 as `frame` says, with RAX 0. With CLONE_VFORK the
/// caller sleeps until the child has executed or ended. EINVAL: a combination that makes no sense; EAGAIN, ENOMEM.
Result<u64> clone_current(const CloneRequest& request, const TrapFrame& frame);
