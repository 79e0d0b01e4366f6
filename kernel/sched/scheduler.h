// SPDX-License-Identifier: MIT
/// @file
/// @brief One core's scheduler: who is ready, who runs, and when the timer must interrupt.
/// @chapter processes
#pragma once

#include "sched/thread.h"

/// A thread runs this long before another ready one gets its turn.
inline constexpr u64 kSliceNs = 10'000'000;
/// A core with nothing to do looks around this long before it halts.
inline constexpr u64 kIdlePollNs = 20'000;

/// The timers of one core, soonest first.
class TimerQueue {
   public:
    void start(Timer& timer, Instant when);
    bool stop(Timer& timer);
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
///
/// A thread wakes on the core that it ran on last. A core that runs out of work takes a thread that waits elsewhere, and at the
/// end of a slice a busy core gives one to a core that has less to do. A thread that moves is in no queue for a moment, but it
/// is Ready all the time, and its core is the new one: an unpark meanwhile leaves the token there. None goes where it may not
/// run (Thread::allow_cores).
class CoreScheduler {
   public:
    explicit CoreScheduler(Cpu& cpu) : cpu_(cpu) {}

    /// Makes the running code (boot) this core's idle thread.
    void adopt_idle(Thread& idle);
    /// Starts the thread that destroys those that ended on this core.
    void adopt_reaper(Thread& reaper);
    /// A thread that is in no queue comes into this one; from the core itself or another. Interrupts are off.
    void add(Thread& thread);

    // Of the current thread, on whatever core it is.
    static Wake park(Sleep how, Instant deadline);
    static void yield();
    [[noreturn]] static void exit();
    static void unpark(Thread& thread);

    /// The work of Thread::allow_cores: where `thread` is on a core that it may not run on, takes it from there.
    static Thread::Placed place(Thread& thread);
    /// The core that has least to do of those where `thread` may run.
    static CoreScheduler& best_for(const Thread& thread);

    /// The first thing that a new thread does on its own stack.
    void begin_thread();
    /// From the timer interrupt.
    void tick();
    /// The soonest timer is another one now.
    void timers_changed();
    /// Threads that run or wait here; others read it without the lock.
    u32 load() const;
    bool should_yield() const { return should_yield_.load(std::memory_order_relaxed); }
    /// Waits for an interrupt while nothing is ready, then lets what is ready run. Only for the idle thread.
    void wait_for_work();

    TimerQueue timers;
    /// Ended threads to destroy; taken by the reaper.
    Thread* take_dead();
    u64 idle_ns() const { return idle_->run_time_ns(); }

   private:
    void make_ready(Thread& thread);
    void announce();
    Thread* take_for(Cpu& other);
    void take_out(Thread& thread, Cpu& for_core);
    void steal();
    void balance();
    void account(Thread& self);
    void switch_away(Thread& self);
    void switch_registers(Thread& from, Thread& to);
    void after_switch();
    void end_switch();
    void rearm();

    Cpu& cpu_;
    SpinLock lock_{LockRank::RunQueue};
    List<Thread, &Thread::run_link_> ready_;
    std::atomic<u32> waiting_{0};  ///< threads in `ready_`; others read it without the lock
    List<Thread, &Thread::run_link_> dead_;
    Thread* idle_ = nullptr;
    Thread* reaper_ = nullptr;
    Thread* left_dead_ = nullptr;  ///< the thread that this core has just left for the last time
    Thread* leaving_ = nullptr;    ///< the thread that this core has just left because it may not run here
    std::atomic<bool> should_yield_{false};
    Instant armed_ = kNever;
};

namespace sched {
/// Takes `arm`, which sets the calling core's timer hardware to interrupt at a moment (kNever: not at all), and does
/// `init_core` for the boot core.
using ArmTimer = void (*)(Instant when);
void init(ArmTimer arm);
/// Makes the running boot code the idle thread of the calling core, and starts its reaper. Interrupts are off.
void init_core();
/// The timer interrupt's work.
void on_timer();
/// The end of every device interrupt: where it came while the kernel ran with interrupts on (so holding no spinning lock), a
/// thread that is due gets the core at once.
void preempt_kernel(const TrapFrame& frame);
/// The idle loop; never returns.
[[noreturn]] void idle();
}  // namespace sched
