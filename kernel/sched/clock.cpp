// SPDX-License-Identifier: MIT
/// @file
/// @brief The clock that counts TSC ticks, and the queue of timers.
/// @chapter processes
#include "sched/clock.h"

#include "sched/scheduler.h"
#include "x86/cpu.h"
#include "x86/instructions.h"

namespace {

constexpr u64 kNsPerSecond = 1'000'000'000;

constinit u64 hz = kNsPerSecond;
constinit u64 boot_tsc = 0;
constinit u64 boot_day_ns = 0;
constinit u64 ns_per_tick_32 = 1ULL << 32;   ///< nanoseconds per tick, times 2^32
constinit u64 ticks_per_ns_32 = 1ULL << 32;  ///< ticks per nanosecond, times 2^32

u64 scale(u64 value, u64 factor_32) {
    return static_cast<u64>((static_cast<unsigned __int128>(value) * factor_32) >> 32);
}

}  // namespace

void Clock::init(u64 tsc_ticks_per_second, u64 time_of_day_ns) {
    hz = tsc_ticks_per_second;
    ns_per_tick_32 = static_cast<u64>((static_cast<unsigned __int128>(kNsPerSecond) << 32) / hz);
    ticks_per_ns_32 = static_cast<u64>((static_cast<unsigned __int128>(hz) << 32) / kNsPerSecond);
    boot_tsc = x86::rdtsc();
    boot_day_ns = time_of_day_ns;
}

Instant Clock::now() { return instant_from_tsc(x86::rdtsc()); }
u64 Clock::boot_time_of_day_ns() { return boot_day_ns; }
u64 Clock::tsc_hz() { return hz; }
Instant Clock::instant_from_tsc(u64 tsc) { return {tsc <= boot_tsc ? 0 : scale(tsc - boot_tsc, ns_per_tick_32)}; }
u64 Clock::tsc_from_instant(Instant when) { return boot_tsc + scale(when.ns, ticks_per_ns_32); }

void Timer::start(Instant when) {
    IrqOff irq_off;
    stop();
    if (when == kNever) return;
    CoreScheduler& scheduler = *this_cpu().scheduler;
    queue_ = &scheduler.timers;
    queue_->start(*this, when);
    scheduler.timers_changed();
}

bool Timer::stop() { return queue_ && queue_->stop(*this); }

/// The lock is held.
void TimerQueue::insert(Timer& timer) {
    for (Timer& later : timers_) {
        if (later.when_ <= timer.when_) continue;
        timers_.insert_before(later, timer);
        return;
    }
    timers_.push_back(timer);
}

void TimerQueue::start(Timer& timer, Instant when) {
    SpinGuard guard(lock_);
    timer.when_ = when;
    insert(timer);
    soonest_.store(timers_.front()->when_.ns, std::memory_order_release);
}

bool TimerQueue::stop(Timer& timer) {
    bool was_to_come = false;
    for (;;) {
        {
            SpinGuard guard(lock_);
            was_to_come |= timer.is_running();
            timers_.remove(timer);
            soonest_.store(timers_.empty() ? kNever.ns : timers_.front()->when_.ns, std::memory_order_release);
            // On this core only the firing itself can have come here.
            if (firing_.load() != &timer || this == &this_cpu().scheduler->timers) return was_to_come;
        }
        // It fires on another core, where it may start itself again: wait, and look again.
        x86::pause();
    }
}

void TimerQueue::fire_due(Instant now) {
    for (;;) {
        Timer* due;
        {
            SpinGuard guard(lock_);
            due = timers_.front();
            if (!due || due->when_ > now) return;
            timers_.remove(*due);
            soonest_.store(timers_.empty() ? kNever.ns : timers_.front()->when_.ns, std::memory_order_release);
            firing_.store(due, std::memory_order_release);
        }
        due->fire_(*due);
        firing_.store(nullptr, std::memory_order_release);
    }
}
