// SPDX-License-Identifier: MIT
/// @file
/// @brief One core's scheduler: who is ready, who runs, and when the timer must interrupt.
/// @chapter processes
#pragma once

#include "sched/thread.h"

/// A thread runs this long before another ready one gets its turn.
inline constexpr u64 kSliceNs = 10'000'000;

/// The timers of one core, soonest first.
class TimerQueue {
   public:
    void start(Timer& timer, Instant when);
    void stop(Timer& timer);
    /// Fires every timer that is due. From the timer interrupt.
    void fire_due(Instant now);
    /// The moment of the soonest timer; read without the lock, so that the caller re-reads after a change.
    Instant soonest() const { return Instant{soonest_.load(std::memory_order_acquire)}; }

   private:
    void insert(Timer& timer);
    SpinLock lock_{LockRank::Timers};
    List<Timer, &Timer::link_> timers_;
    std::atomic<u64> soonest_{kNever.ns};
    std::atomic<Timer*> firing_{nullptr};
};

/// Sets this core's timer hardware; given at `sched::init`.
void arm_timer(Instant when);

/// A core's run queue. A thread that wakes with time left of its slice goes to the front and preempts; one that has used its
/// slice up goes to the back with a new one. So whoever waits for events is quick, and whoever computes is never starved.
class CoreScheduler {
   public:
    explicit CoreScheduler(Cpu& cpu) : cpu_(cpu) {}

    /// Makes the running code (boot) this core's idle thread.
    void adopt_idle(Thread& idle);
    void add(Thread& thread);
    void unpark(Thread& thread);
    Wake park(Sleep how, Instant deadline);
    void yield();
    [[noreturn]] void exit();
    /// The first thing that a new thread does on its own stack.
    void begin_thread();
    void set_reaper(Thread& reaper) { reaper_ = &reaper; }
    /// From the timer interrupt.
    void tick();
    /// The soonest timer is another one now.
    void timers_changed();
    bool should_yield() const { return should_yield_.load(std::memory_order_relaxed); }
    /// Waits for an interrupt while nothing is ready, then lets what is ready run. Only for the idle thread.
    void wait_for_work();

    TimerQueue timers;
    /// Ended threads to destroy; taken by the reaper.
    Thread* take_dead();
    u64 idle_ns() const { return idle_ ? idle_->run_time_ns_ : 0; }

   private:
    void make_ready(Thread& thread);
    void account(Thread& self);
    void switch_away(Thread& self);
    void switch_registers(Thread& from, Thread& to);
    void after_switch();
    void rearm();

    Cpu& cpu_;
    SpinLock lock_{LockRank::RunQueue};
    List<Thread, &Thread::run_link_> ready_;
    List<Thread, &Thread::run_link_> dead_;
    Thread* idle_ = nullptr;
    Thread* reaper_ = nullptr;
    Thread* left_dead_ = nullptr;  ///< the thread that this core has just left for the last time
    std::atomic<bool> should_yield_{false};
    Instant armed_ = kNever;
};

namespace sched {
/// Makes the running boot code the idle thread of this core, starts the reaper, and takes `arm`, which sets this core's timer
/// hardware to interrupt at a moment (kNever: not at all).
using ArmTimer = void (*)(Instant when);
void init(ArmTimer arm);
/// The timer interrupt's work.
void on_timer();
/// The end of every device interrupt: where it came while the kernel ran with interrupts on (so holding no spinning lock), a
/// thread that is due gets the core at once.
void preempt_kernel(const TrapFrame& frame);
/// The idle loop; never returns.
[[noreturn]] void idle();
}  // namespace sched
