// SPDX-License-Identifier: MIT
/// @file
/// @brief The timer behind every deadline of a core, and how fast it and the clock count.
/// @chapter traps
#pragma once

#include "sched/clock.h"

namespace core_timer {

/// Maps and enables the boot core's local APIC, measures its timer and the TSC against the PIT, and starts the clock.
void init();
/// Sets this core's timer to interrupt at `when`; kNever: not at all.
void arm(Instant when);

}  // namespace core_timer
