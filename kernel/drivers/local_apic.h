// SPDX-License-Identifier: MIT
/// @file
/// @brief This core's local APIC: end of interrupt, and the timer behind every deadline.
/// @chapter traps
#pragma once

#include "sched/clock.h"

namespace local_apic {

/// Maps and enables the boot core's local APIC, measures its timer and the TSC against the PIT, and starts the clock.
void init();
void end_of_interrupt();
/// Sets this core's timer to interrupt at `when`; kNever: not at all.
void arm(Instant when);

}  // namespace local_apic
