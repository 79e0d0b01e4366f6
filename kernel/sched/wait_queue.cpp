// SPDX-License-Identifier: MIT
/// @file
/// @brief Wait queues and mutexes, on top of park and unpark.
/// @chapter locks
#include "sync/wait_queue.h"

#include "sched/thread.h"
#include "sync/mutex.h"

Waiter::Waiter(WaitQueue& queue) : thread_(&current_thread()), queue_(&queue) {
    SpinGuard guard(queue.lock_);
    queue.waiters_.push_back(*this);
}

Waiter::~Waiter() {
    SpinGuard guard(queue_->lock_);
    queue_->waiters_.remove(*this);
}

bool Waiter::was_woken() const {
    SpinGuard guard(queue_->lock_);
    return !link_.is_linked();
}

Wake Waiter::wait(Sleep how) { return was_woken() ? Wake::Event : Thread::park(how); }

Wake WaitQueue::wait(SpinGuard& guard, Sleep how, Instant deadline) {
    Waiter waiter(*this);
    guard.release();
    const Wake why = Thread::park(how, deadline);
    guard.retake();
    return why;
}

Wake WaitQueue::wait(SpinGuard& guard, Sleep how) { return wait(guard, how, kNever); }

// Waking happens under the queue's lock: a Waiter leaves its queue under the same lock before its thread goes on, so the
// thread is still there.
void WaitQueue::wake_one() {
    SpinGuard guard(lock_);
    if (Waiter* waiter = waiters_.pop_front()) waiter->thread_->unpark();
}

void WaitQueue::wake_all() {
    SpinGuard guard(lock_);
    while (Waiter* waiter = waiters_.pop_front()) waiter->thread_->unpark();
}

#ifdef TWAIN_DEBUG
void LockOrder::taking_mutex(LockRank rank) {
    sleeping();
    const u32 bit = 1U << static_cast<unsigned>(rank);
    u32& held = current_thread().mutexes_held;
    CHECK(held < bit, held, bit);
    held |= bit;
}
void LockOrder::left_mutex(LockRank rank) { current_thread().mutexes_held &= ~(1U << static_cast<unsigned>(rank)); }
#else
void LockOrder::taking_mutex(LockRank) {}
void LockOrder::left_mutex(LockRank) {}
#endif

Thread* Mutex::current_owner() { return &current_thread(); }

void Mutex::acquire() {
    LockOrder::taking_mutex(rank_);
    Thread* nobody = nullptr;
    if (owner_.compare_exchange_strong(nobody, current_owner())) return;
    CHECK(nobody != current_owner(), static_cast<u64>(rank_));
    // `waiting_` goes up before the next try, and `release` looks at it after it gave the mutex up: one of the two sees the
    // other, so nobody sleeps while the mutex is free.
    SpinGuard guard(lock_);
    waiting_.fetch_add(1);
    for (;;) {
        nobody = nullptr;
        if (owner_.compare_exchange_strong(nobody, current_owner())) break;
        waiters_.wait(guard, Sleep::Uninterruptible);
    }
    waiting_.fetch_sub(1);
}

void Mutex::release() {
    LockOrder::left_mutex(rank_);
    owner_.store(nullptr);
    if (waiting_.load() == 0) return;
    SpinGuard guard(lock_);
    waiters_.wake_one();
}
