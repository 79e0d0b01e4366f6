// SPDX-License-Identifier: MIT
/// @file
/// @brief Locks whose owner ended: the list that each thread keeps of them in its own memory.
/// @chapter processes
#include "mm/user_memory.h"
#include "proc/futex.h"
#include "proc/task.h"

namespace {

// The word of a robust lock: its owner's number, and two flags.
constexpr u32 kWaiters = 0x8000'0000, kOwnerDied = 0x4000'0000, kOwnerMask = 0x3fff'ffff;
// A list is at most this long; a program may have made it a ring.
constexpr unsigned kMaxEntries = 2048;

/// Linux's struct robust_list_head.
struct RobustListHead {
    u64 first;
    i64 word_offset;  ///< from an entry to its futex
    u64 pending;      ///< an entry that is just being locked or let go, or 0
};

/// Marks one lock as ownerless, if the thread owned it. EFAULT ends the walk.
Result<void> release_one(Task& task, VirtAddr word) {
    if (!is_aligned(word.raw, sizeof(u32))) return Error{EINVAL};
    u32 value = TRY(UserPtr<u32>(word).read());
    while ((value & kOwnerMask) == task.tid) {
        const u32 found = TRY(compare_exchange_user(word, value, (value & kWaiters) | kOwnerDied));
        if (found == value) {
            if (value & kWaiters) (void)TRY(futex_wake(word, FutexScope::Shared, 1, kFutexAnyBit));
            break;
        }
        value = found;
    }
    return {};
}

Result<void> walk(Task& task) {
    const RobustListHead head = TRY(UserPtr<RobustListHead>(task.robust_list).read());
    const auto word_of = [&](u64 entry) { return VirtAddr((entry & ~1ULL) + static_cast<u64>(head.word_offset)); };
    u64 entry = head.first;
    // Bit 0 of a link marks a priority-inheriting lock.
    for (unsigned n = 0; (entry & ~1ULL) != task.robust_list && n < kMaxEntries; ++n) {
        const u64 next = TRY(UserPtr<u64>(entry & ~1ULL).read());
        if (entry != head.pending) TRY(release_one(task, word_of(entry)));
        entry = next;
    }
    if (head.pending) TRY(release_one(task, word_of(head.pending)));
    return {};
}

}  // namespace

void release_robust_list(Task& task) {
    // Whatever is wrong with the list is the program's own affair.
    (void)walk(task).ok();
}
