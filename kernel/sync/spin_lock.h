// SPDX-License-Identifier: MIT
/// @file
/// @brief Spinning locks with ranks: interrupts stay off while one is held, and data is reached only through its guard.
/// @chapter locks
#pragma once

#include <atomic>

#include "lib/check.h"
#include "sync/lock_rank.h"

/// Interrupts are off on this core for as long as this lives; nests.
class IrqOff {
   public:
    IrqOff();
    ~IrqOff();
    IrqOff(const IrqOff&) = delete;
    IrqOff& operator=(const IrqOff&) = delete;

   private:
    bool were_on_;
};

/// Debug builds note every taking and leaving, of spinning locks per core and of mutexes per thread, and panic when the ranks are
/// out of order, or when somebody sleeps who holds a spinning lock.
class LockOrder {
   public:
    static void taking(LockRank rank);
    static void left(LockRank rank);
    static void taking_mutex(LockRank rank);
    static void left_mutex(LockRank rank);
    static void sleeping();
};

/// A lock to be held for a few hundred instructions. Whoever finds it free has it. A queue of waiters would be fairer, but on an
/// emulated machine the next in the queue may be a core that the host has put aside, and all others would wait for the host.
class SpinLock {
   public:
    constexpr explicit SpinLock(LockRank rank) : rank_(rank) {}
    SpinLock(const SpinLock&) = delete;
    SpinLock& operator=(const SpinLock&) = delete;

    /// Waits for the lock. Interrupts must be off already: take it through SpinGuard.
    void acquire(const IrqOff&);
    void release();
    bool is_held() const { return held_.load(std::memory_order_relaxed); }

   private:
    std::atomic<bool> held_{false};
    LockRank rank_;
};

/// Holds a SpinLock, with interrupts off, for as long as it lives.
class SpinGuard {
   public:
    explicit SpinGuard(SpinLock& lock) : lock_(&lock) { lock_->acquire(irq_off_); }
    ~SpinGuard() {
        if (held_) lock_->release();
    }
    /// For a wait: lets go and takes again. Interrupts stay off in between; a sleeping thread gives its core away.
    void release() {
        held_ = false;
        lock_->release();
    }
    void retake() {
        lock_->acquire(irq_off_);
        held_ = true;
    }
    const IrqOff& irq_off() const { return irq_off_; }

   private:
    IrqOff irq_off_;
    SpinLock* lock_;
    bool held_ = true;
};

/// Data together with the spinning lock that guards it: `auto counts = counts_.lock(); counts->hits++;`
template <class T>
class SpinLocked {
   public:
    template <class... Args>
    constexpr explicit SpinLocked(LockRank rank, Args&&... args) : lock_(rank), data_(static_cast<Args&&>(args)...) {}

    /// The data, for as long as this lives.
    class Access {
       public:
        explicit Access(SpinLocked& locked) : guard_(locked.lock_), data_(&locked.data_) {}
        T& operator*() const { return *data_; }
        T* operator->() const { return data_; }
        SpinGuard& guard() { return guard_; }

       private:
        SpinGuard guard_;
        T* data_;
    };
    Access lock() { return Access(*this); }

   private:
    friend class Access;
    SpinLock lock_;
    T data_;
};
