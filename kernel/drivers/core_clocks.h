// SPDX-License-Identifier: MIT
/// @file
/// @brief One clock for all cores: a core's TSC is set to the boot core's when it starts.
/// @chapter cores
#pragma once

#include "sched/clock.h"

namespace core_clocks {

/// On the boot core, for the core that has just come and is in `follow`: how many ticks that one's TSC is ahead, 0 where both
/// agree as far as can be told. It is set right. Where the other does not answer until `deadline`, it waits in `follow` for ever.
i64 lead(Instant deadline);
/// On the new core: answers until its TSC is right.
void follow();

}  // namespace core_clocks
