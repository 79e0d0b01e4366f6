// SPDX-License-Identifier: MIT
/// @file
/// @brief What the entry stubs save of an interrupted thread, in the order in which they push it.
/// @chapter traps
#pragma once

#include "lib/types.h"

/// The registers of an interrupted thread, on its kernel stack. System calls, exceptions and interrupts all save this form,
/// so that a signal or a context switch need not know how the kernel was entered.
struct TrapFrame {
    u64 r15, r14, r13, r12, rbp, rbx;  ///< pushed last
    u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    u64 vector;                    ///< 0 .. 255, or kSyscallVector
    u64 error;                     ///< the processor's error code, 0 where it gives none; a system call's number
    u64 rip, cs, rflags, rsp, ss;  ///< pushed by the processor

    bool from_user() const { return (cs & 3) == 3; }
};
static_assert(sizeof(TrapFrame) == 22 * 8);

inline constexpr u64 kSyscallVector = 0x100;
