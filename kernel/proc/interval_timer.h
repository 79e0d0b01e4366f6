// SPDX-License-Identifier: MIT
/// @file
/// @brief A process's alarm clock: alarm(2) and setitimer(ITIMER_REAL).
/// @chapter signals
#pragma once

#include "proc/process.h"

/// When the clock rings next, in nanoseconds from now (0: not at all), and how often after that.
struct IntervalSetting {
    u64 remaining_ns = 0;
    u64 interval_ns = 0;
};

/// The current process's setting; and a new one, answering the old. ENOMEM: unchanged.
IntervalSetting interval_timer_setting();
Result<IntervalSetting> set_interval_timer(const IntervalSetting& setting);
