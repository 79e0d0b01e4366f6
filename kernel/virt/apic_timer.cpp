// SPDX-License-Identifier: MIT
/// @file
/// @brief The APIC timer's three modes on one kernel timer.
/// @chapter interrupts
#include "virt/apic_timer.h"

#include <algorithm>

#include "sync/spin_lock.h"

/// A guest's periods are no shorter, whatever its count says: each costs the host an interrupt, also while the guest is not running.
constexpr u64 kShortestPeriodNs = 200'000;

void ApicTimer::changed(ApicRegister name) {
    const auto mode = LvtEntry(page_.at(ApicRegister::LvtTimer)).timer_mode(), before = mode_.exchange(mode);
    const bool by_deadline = mode == LvtEntry::TimerMode::TscDeadline;
    const bool disarms = by_deadline != (before == LvtEntry::TimerMode::TscDeadline);
    if (!disarms && (by_deadline || name != ApicRegister::TimerInitialCount)) return;
    stop();  // from here on it does not fire, on this core or on that where the vCPU was before
    guest_deadline_ = 0;
    const u64 count = page_.at(ApicRegister::TimerInitialCount);
    if (!disarms && count) start(Clock::now().after(count << divide_shift()));
}

u32 ApicTimer::current_count() const {
    if (mode_ == LvtEntry::TimerMode::TscDeadline || !is_running()) return 0;
    const u64 now = Clock::now().ns;
    return when().ns <= now ? 0 : static_cast<u32>((when().ns - now) >> divide_shift());
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
    if (const u64 count = self.page_.at(ApicRegister::TimerInitialCount);
        self.mode_ == LvtEntry::TimerMode::Periodic && count != 0) {
        // From the moment when it was due, so that periods do not grow; but never in the past, where it would fire for ever.
        const u64 period = std::max(count << self.divide_shift(), kShortestPeriodNs);
        const Instant next = self.when().after(period), now = Clock::now();
        self.start(next > now ? next : now.after(period));
    }
    const LvtEntry entry(self.page_.at(ApicRegister::LvtTimer));
    if (!entry.masked()) self.due_(self.owner_, entry.vector());
}
