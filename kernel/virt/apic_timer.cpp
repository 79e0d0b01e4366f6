// SPDX-License-Identifier: MIT
/// @file
/// @brief The APIC timer's three modes on one kernel timer.
/// @chapter interrupts
#include "virt/apic_timer.h"

#include "sync/spin_lock.h"

void ApicTimer::changed(ApicRegister name) {
    const IrqOff off;  // the timer must not fire between a look at it and the change
    if (name == ApicRegister::LvtTimer) {
        const auto mode = apic_.timer_entry().timer_mode();
        // Going to or from TSC-deadline mode disarms the timer.
        if ((mode == LvtEntry::TimerMode::TscDeadline) != (mode_ == LvtEntry::TimerMode::TscDeadline)) {
            stop();
            guest_deadline_ = 0;
        }
        mode_ = mode;
        return;
    }
    if (mode_ == LvtEntry::TimerMode::TscDeadline) return;
    start_count(name == ApicRegister::TimerInitialCount ? apic_.timer_initial_count() : current_count());
}

void ApicTimer::start_count(u32 count) {
    if (count == 0) return stop();
    start(Clock::now().after(static_cast<u64>(count) << apic_.timer_divide_shift()));
}

u32 ApicTimer::current_count() const {
    if (mode_ == LvtEntry::TimerMode::TscDeadline || !is_running()) return 0;
    const u64 now = Clock::now().ns;
    return when().ns <= now ? 0 : static_cast<u32>((when().ns - now) >> apic_.timer_divide_shift());
}

void ApicTimer::set_deadline(u64 guest_tsc, u64 host_tsc) {
    if (mode_ != LvtEntry::TimerMode::TscDeadline) return;
    const IrqOff off;
    guest_deadline_ = guest_tsc;
    if (guest_tsc == 0) return stop();
    const Instant when = Clock::instant_from_tsc(host_tsc);
    if (when > Clock::now()) return start(when);
    stop();
    fire(*this);
}

void ApicTimer::fire(Timer& timer) {
    auto& self = static_cast<ApicTimer&>(timer);
    self.guest_deadline_ = 0;
    if (self.mode_ == LvtEntry::TimerMode::Periodic && self.apic_.timer_initial_count() != 0) {
        // From the moment when it was due, so that periods do not grow; but never in the past, where it would fire for ever.
        const u64 period = static_cast<u64>(self.apic_.timer_initial_count()) << self.apic_.timer_divide_shift();
        const Instant next = self.when().after(period), now = Clock::now();
        self.start(next > now ? next : now.after(period));
    }
    self.due_(self.owner_);
}
