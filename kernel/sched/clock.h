// SPDX-License-Identifier: MIT
/// @file
/// @brief Time: one clock in nanoseconds since boot, and timers on it.
/// @chapter processes
#pragma once

#include "lib/list.h"
#include "sync/spin_lock.h"

/// A moment, in nanoseconds since boot.
struct Instant {
    u64 ns = 0;
    constexpr auto operator<=>(const Instant&) const = default;
    /// `span` nanoseconds later; stays at the end of time instead of wrapping.
    constexpr Instant after(u64 span) const { return {ns + span < ns ? ~0ULL : ns + span}; }
};
inline constexpr Instant kNever{~0ULL};

/// The one clock: nanoseconds since boot, counted by the TSC.
struct Clock {
    /// Starts the clock at 0. Called once, on the boot core, when the TSC's speed and the time of day are known.
    static void init(u64 tsc_ticks_per_second, u64 time_of_day_ns);
    /// Nanoseconds since boot; never goes backwards on any core.
    static Instant now();
    /// The time of day at boot, in nanoseconds since 1970 (from the real-time clock); now() is added to it.
    static u64 boot_time_of_day_ns();
    /// TSC ticks per second, and the TSC of a moment and back.
    static u64 tsc_hz();
    static Instant instant_from_tsc(u64 tsc);
    static u64 tsc_from_instant(Instant when);
};

/// Something to be done at a moment, on the core that started it. The owner keeps it alive until it fired or was stopped.
class Timer {
   public:
    /// Called with interrupts off, from the timer interrupt, when the moment has come; must not sleep.
    using Fire = void (*)(Timer&);
    explicit Timer(Fire fire) : fire_(fire) {}
    ~Timer() { stop(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    /// (Re)starts the timer for `when`; kNever stops it.
    void start(Instant when);
    /// After this the timer does not fire: a firing that had begun has ended. Answers whether one was still to come.
    bool stop();
    bool is_running() const { return link_.is_linked(); }
    Instant when() const { return when_; }

   private:
    friend class TimerQueue;
    ListNode link_;
    Fire fire_;
    Instant when_;
    class TimerQueue* queue_ = nullptr;
};
