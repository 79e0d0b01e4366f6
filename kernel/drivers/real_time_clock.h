// SPDX-License-Identifier: MIT
/// @file
/// @brief The battery-backed clock of a PC, read once at boot.
/// @chapter booting
#pragma once

#include "lib/types.h"

/// Nanoseconds since 1970 in UTC, as the clock has it.
u64 real_time_clock_ns();
