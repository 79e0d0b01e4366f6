// SPDX-License-Identifier: MIT
/// @file
/// @brief Futexes: sleeping until a word of user memory may have changed.
/// @chapter processes
#pragma once

#include "lib/result.h"
#include "sched/clock.h"

class Task;

/// Whether only threads of this process use the word, or whoever maps the same page.
enum class FutexScope : u8 { Private, Shared };

inline constexpr u32 kFutexAnyBit = ~0U;

/// Sleeps while the word holds `expected`, until a wake with a common bit. EAGAIN: it held something else; ETIMEDOUT; EINTR;
/// EFAULT; EINVAL: not aligned, or no bit.
Result<void> futex_wait(VirtAddr word, FutexScope scope, u32 expected, u32 bits, Instant deadline);
/// Wakes up to `limit` sleepers that have a bit of `bits`, longest waiting first; answers how many.
Result<u64> futex_wake(VirtAddr word, FutexScope scope, u32 limit, u32 bits);
/// Wakes up to `wake_limit` sleepers at `from` and lets up to `move_limit` others wait at `to` instead. Answers how many were
/// woken and moved.
Result<u64> futex_requeue(VirtAddr from, VirtAddr to, FutexScope scope, u32 wake_limit, u32 move_limit);
/// Changes the word at `to` as FUTEX_WAKE_OP's `operation` says, wakes sleepers at `from` and, where the old value compares, at `to`.
Result<u64> futex_wake_operation(VirtAddr from, VirtAddr to, FutexScope scope, u32 wake_limit, u32 wake_limit_to,
                                 u32 operation);

/// FUTEX_WAKE_OP's operation word, decoded. @spec{futex(2), FUTEX_WAKE_OP}
struct FutexOperation {
    enum class Change : u8 { Set, Add, Or, AndNot, Xor };
    enum class Compare : u8 { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };
    Change change;
    Compare compare;
    u32 operand;
    i32 compared_with;
    /// ENOSYS: an unknown operation.
    static Result<FutexOperation> decode(u32 word);
    u32 changed(u32 old) const;
    bool compares(u32 old) const;
};

/// Marks every futex of the ended thread's robust list as ownerless and wakes one sleeper of each.
/// @spec{Linux, Documentation/locking/robust-futex-ABI.rst}
void release_robust_list(Task& task);
