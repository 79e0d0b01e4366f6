// SPDX-License-Identifier: MIT
/// @file
/// @brief Sleeping locks.
/// @chapter locks
#pragma once

#include "sync/wait_queue.h"

/// A lock whose waiters sleep. Only in thread context, with no spinning lock held.
class Mutex {
   public:
    constexpr explicit Mutex(LockRank rank) : rank_(rank) {}
    Mutex(const Mutex&) = delete;
    Mutex& operator=(const Mutex&) = delete;

    void acquire();
    void release();
    bool is_held_by_current() const { return owner_.load(std::memory_order_relaxed) == current_owner(); }

   private:
    static Thread* current_owner();
    std::atomic<Thread*> owner_{nullptr};
    SpinLock lock_{LockRank::MutexState};
    std::atomic<u32> waiting_{0};
    WaitQueue waiters_;
    LockRank rank_;
};

/// Holds a Mutex for as long as it lives. A function that needs the lock held takes a `MutexGuard const&`.
class MutexGuard {
   public:
    explicit MutexGuard(Mutex& mutex) : mutex_(mutex) { mutex_.acquire(); }
    ~MutexGuard() { mutex_.release(); }
    MutexGuard(const MutexGuard&) = delete;
    MutexGuard& operator=(const MutexGuard&) = delete;

   private:
    Mutex& mutex_;
};
