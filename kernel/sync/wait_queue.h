// SPDX-License-Identifier: MIT
/// @file
/// @brief Threads that wait for a condition, and those who wake them.
/// @chapter locks
#pragma once

#include "lib/list.h"
#include "sync/spin_lock.h"

class Thread;
class WaitQueue;
enum class Wake : u8;
enum class Sleep : u8;
struct Instant;

/// One thread's place in one queue, on that thread's stack. A thread that polls is in several queues at once.
class Waiter {
   public:
    /// Joins `queue` for the current thread.
    explicit Waiter(WaitQueue& queue);
    /// Leaves the queue.
    ~Waiter();
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    /// Whether a wake-up has reached this place. Waking takes a waiter out of its queue, so this stays true even where a sleep
    /// in between, for a mutex, has used up the wake-up itself.
    bool was_woken() const;
    /// Sleeps until a wake-up has reached this place, or (Interruptible) a signal waits. Comes back now and then without either.
    Wake wait(Sleep how);

   private:
    friend class WaitQueue;
    ListNode link_;
    Thread* thread_;
    WaitQueue* queue_;
};

/// Waiting for a condition that a spinning lock guards:
///
///     auto pipe = pipe_.lock();
///     while (pipe->empty()) {
///         if (readers_.wait(pipe.guard(), Sleep::Interruptible) == Wake::Interrupted) return Error{EINTR};
///     }
class WaitQueue {
   public:
    WaitQueue() = default;
    WaitQueue(const WaitQueue&) = delete;
    WaitQueue& operator=(const WaitQueue&) = delete;

    /// Lets go of `guard`'s lock, sleeps, takes it again. No wake-up between the two is lost: the thread stands in the queue
    /// before it lets go. It must be the only spinning lock held.
    Wake wait(SpinGuard& guard, Sleep how, Instant deadline);
    Wake wait(SpinGuard& guard, Sleep how);
    /// Wakes the longest waiting thread, or all. The caller has changed the condition already; it may hold its lock.
    void wake_one();
    void wake_all();

   private:
    friend class Waiter;
    SpinLock lock_{LockRank::WaitQueue};
    List<Waiter, &Waiter::link_> waiters_;
};
