// SPDX-License-Identifier: MIT
/// @file
/// @brief The local APIC's timer: one-shot, periodic, and at a value of the TSC.
/// @chapter interrupts
#pragma once

#include <atomic>

#include "sched/clock.h"
#include "x86/apic_page.h"

/// Runs on the host's clock: one count is a nanosecond times the divisor. @sdm{APIC Timer, 10.5.4}
class ApicTimer final : private Timer {
   public:
    /// Called with interrupts off when the guest's timer interrupt is due, which is not masked.
    using Due = void (*)(void* owner, u8 vector);
    ApicTimer(const ApicPage& page, Due due, void* owner) : Timer(&fire), page_(page), due_(due), owner_(owner) {}
    using Timer::stop;

    /// The guest wrote `name`. A change of the divide register counts from the next period on.
    void changed(ApicRegister name);
    /// What is left of the count.
    u32 current_count() const;
    /// Starts the timer for the moment when the host's TSC reaches `host_tsc`, which the guest knows as `guest_tsc`; 0 stops
    /// it. Ignored in other modes. @sdm{TSC-Deadline Mode, 10.5.4.1}
    void set_deadline(u64 guest_tsc, u64 host_tsc);
    /// The guest's TSC value that the timer waits for; 0: none.
    u64 deadline() const { return guest_deadline_; }

   private:
    static void fire(Timer& timer);
    unsigned divide_shift() const { return timer_divide_shift(page_.at(ApicRegister::TimerDivide)); }

    const ApicPage& page_;
    Due due_;
    void* owner_;
    std::atomic<LvtEntry::TimerMode> mode_{LvtEntry::TimerMode::OneShot};
    std::atomic<u64> guest_deadline_{0};
};
