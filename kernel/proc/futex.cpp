// SPDX-License-Identifier: MIT
/// @file
/// @brief The sleepers of all futexes, and why none misses its wake-up.
/// @chapter processes
///
/// A sleeper stands in the table before it reads the word. A waker changes the word before it looks into the table. So
/// either the sleeper's read sees the change, and it does not sleep; or the read came before the change, the sleeper
/// stood in the table even earlier, and the waker finds it. Which of the two looked at the table first is decided by the
/// table's lock.
///
/// A sleeper that was found although the word's change made it give up must not swallow the wake-up: it passes it on.
#include "proc/futex.h"

#include <array>

#include "lib/log.h"
#include "mm/user_memory.h"
#include "proc/task.h"

namespace {

/// What two threads must have in common to mean the same futex: a page source and an offset in it, or a memory and an address.
struct FutexKey {
    const void* object = nullptr;
    u64 offset = 0;
    bool operator==(const FutexKey&) const = default;
};

/// A key, and what keeps its object from being freed and reused for another while somebody sleeps on it.
struct HeldKey {
    FutexKey key;
    Ref<PageSource> source = {};
};

struct Sleeper {
    ListNode link;
    FutexKey key;
    u32 bits = 0;
    Thread* thread = nullptr;
    bool woken = false;
};

using Bucket = List<Sleeper, &Sleeper::link>;

/// All sleepers, under one lock: a requeue moves them between buckets in one step.
struct FutexTable {
    std::array<Bucket, 64> buckets;
    Bucket& bucket(const FutexKey& key) {
        const u64 mixed = (reinterpret_cast<u64>(key.object) >> 4) ^ (key.offset >> 2) ^ (key.offset >> 12);
        return buckets[mixed % buckets.size()];
    }
};
constinit SpinLock table_lock{LockRank::Futex};
constinit FutexTable table;

Result<HeldKey> key_of(VirtAddr word, FutexScope scope) {
    if (!is_aligned(word.raw, sizeof(u32))) return Error{EINVAL};
    AddressSpace& space = *current_process().space;
    HeldKey held{{&space, word.raw}};
    if (scope == FutexScope::Private) return held;
    space.for_each_region([&](Region& region) {
        if (word < region.begin || word >= region.end || region.sharing != Sharing::Shared || !region.source) return;
        held.source = region.source;
        held.key = {region.source->identity(), (region.source_page << kPageShift) + (word - region.begin)};
    });
    return held;
}

/// Wakes one sleeper, which the caller has found in a bucket. The lock is held.
void wake(Sleeper& sleeper) {
    sleeper.link.unlink();
    sleeper.woken = true;
    // The sleeper takes the lock once more before it goes, so it is there until this one lets go.
    sleeper.thread->unpark();
}

u64 wake_locked(const FutexKey& key, u32 limit, u32 bits) {
    u64 count = 0;
    Bucket& bucket = table.bucket(key);
    for (Sleeper* sleeper = bucket.front(); sleeper && count < limit;) {
        Sleeper* next = bucket.next(*sleeper);
        if (sleeper->key == key && (sleeper->bits & bits)) {
            wake(*sleeper);
            ++count;
        }
        sleeper = next;
    }
    return count;
}

/// Takes the sleeper out of the table, wherever it was moved to meanwhile; true when somebody had woken it.
bool leave_table(Sleeper& sleeper) {
    SpinGuard guard(table_lock);
    sleeper.link.unlink();
    return sleeper.woken;
}

bool was_woken(Sleeper& sleeper) {
    SpinGuard guard(table_lock);
    return sleeper.woken;
}

}  // namespace

Result<void> futex_wait(VirtAddr word, FutexScope scope, u32 expected, u32 bits, Instant deadline) {
    if (bits == 0) return Error{EINVAL};
    const HeldKey held = TRY(key_of(word, scope));
    Sleeper sleeper;
    sleeper.key = held.key;
    sleeper.bits = bits;
    sleeper.thread = &current_thread();
    {
        SpinGuard guard(table_lock);
        table.bucket(held.key).push_back(sleeper);
    }
    const auto value = UserPtr<u32>(word).read();
    if (!value.ok() || value.value() != expected) {
        if (leave_table(sleeper)) (void)futex_wake(word, scope, 1, bits).ok();
        return value.ok() ? Error{EAGAIN} : value.error();
    }
    Wake why = Wake::Event;
    while (why == Wake::Event && !was_woken(sleeper)) why = Thread::park(Sleep::Interruptible, deadline);
    if (leave_table(sleeper)) return {};
    return Error{why == Wake::Interrupted ? EINTR : ETIMEDOUT};
}

Result<u64> futex_wake(VirtAddr word, FutexScope scope, u32 limit, u32 bits) {
    if (bits == 0) return Error{EINVAL};
    const HeldKey held = TRY(key_of(word, scope));
    SpinGuard guard(table_lock);
    return wake_locked(held.key, limit, bits);
}

// The caller of FUTEX_CMP_REQUEUE has compared the word already. A sleeper that came since then read a newer value than the
// compared one; it is moved all the same, and that is right: it sleeps for a change that the holder of `to` announces.
Result<u64> futex_requeue(VirtAddr from, VirtAddr to, FutexScope scope, u32 wake_limit, u32 move_limit) {
    const HeldKey source = TRY(key_of(from, scope));
    const HeldKey target = TRY(key_of(to, scope));
    SpinGuard guard(table_lock);
    u64 count = wake_locked(source.key, wake_limit, kFutexAnyBit);
    Bucket& bucket = table.bucket(source.key);
    u32 moved = 0;
    for (Sleeper* sleeper = bucket.front(); sleeper && moved < move_limit;) {
        Sleeper* next = bucket.next(*sleeper);
        if (sleeper->key == source.key && !(target.key == source.key)) {
            sleeper->link.unlink();
            sleeper->key = target.key;
            table.bucket(target.key).push_back(*sleeper);
            ++moved;
        }
        sleeper = next;
    }
    return count + moved;
}

Result<u64> futex_wake_operation(VirtAddr from, VirtAddr to, FutexScope scope, u32 wake_limit, u32 wake_limit_to,
                                 u32 operation) {
    const FutexOperation decoded = TRY(FutexOperation::decode(operation));
    const HeldKey first = TRY(key_of(from, scope));
    const HeldKey second = TRY(key_of(to, scope));
    u32 old = TRY(UserPtr<u32>(to).read());
    for (;;) {
        const u32 found = TRY(compare_exchange_user(to, old, decoded.changed(old)));
        if (found == old) break;
        old = found;
    }
    SpinGuard guard(table_lock);
    u64 count = wake_locked(first.key, wake_limit, kFutexAnyBit);
    if (decoded.compares(old)) count += wake_locked(second.key, wake_limit_to, kFutexAnyBit);
    return count;
}
