// SPDX-License-Identifier: MIT
/// @file
/// @brief The APIC timer's three modes on one kernel timer.
/// @chapter interrupts
#include "virt/apic_timer.h"

#include "sync/spin_lock.h"

void ApicTimer::changed(ApicRegister name) {
    // From here to the end it does not fire, on this core or on that where the vCPU was before.
    const u32 left = current_count();
    const bool was_to_come = stop();
    const bool counted = mode_ != LvtEntry::TimerMode::TscDeadline;
    if (name == ApicRegister::LvtTimer) {
        mode_ = apic_.timer_entry().timer_mode();
        // Going to or from TSC-deadline mode disarms the timer.
        if ((mode_ != LvtEntry::TimerMode::TscDeadline) != counted) {
            guest_deadline_ = 0;
        } else if (was_to_come) {
            start(when());
        }
    } else if (!counted) {
        if (was_to_come) start(when());
    } else if (name == ApicRegister::TimerInitialCount) {
        start_count(apic_.timer_initial_count());
    } else if (was_to_come) {
        start_count(left);
    }
}

void ApicTimer::start_count(u32 count) {
    if (count) start(Clock::now().after(static_cast<u64>(count) << apic_.timer_divide_shift()));
}

u32 ApicTimer::current_count() const {
    if (mode_ == LvtEntry::TimerMode::TscDeadline || !is_running()) return 0;
    const u64 now = Clock::now().ns;
    return when().ns <= now ? 0 : static_cast<u32>((when().ns - now) >> apic_.timer_divide_shift());
}

void ApicTimer::set_deadline(u64 guest_tsc, u64 host_tsc) {
    if (mode_ != LvtEntry::TimerMode::TscDeadline) return;
    stop();
    guest_deadline_ = guest_tsc;
    if (guest_tsc == 0) return;
    const Instant when = Clock::instant_from_tsc(host_tsc);
    if (when > Clock::now()) return start(when);
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
