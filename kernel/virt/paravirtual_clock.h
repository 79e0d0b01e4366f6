// SPDX-License-Identifier: MIT
/// @file
/// @brief KVM's paravirtual clock: two structures in guest memory that turn the TSC into time.
/// @chapter exits
#pragma once

#include "lib/result.h"
#include "lib/types.h"

/// Nanoseconds are `system_time` plus ((tsc - tsc_timestamp) << tsc_shift) * tsc_to_system_mul / 2^32.
/// @spec{Linux: Documentation/virt/kvm/x86/msr.rst}
struct ParavirtualTime {
    u32 version;  ///< odd while it is being written
    u32 reserved;
    u64 tsc_timestamp;
    u64 system_time;
    u32 tsc_to_system_mul;
    std::int8_t tsc_shift;  ///< negative: to the right
    u8 flags;
    u8 reserved_tail[2];
};
static_assert(sizeof(ParavirtualTime) == 32);

/// The multiplier and shift for a TSC of `hz` ticks a second (1 MHz or more), into `time`.
void set_tsc_scale(ParavirtualTime& time, u64 hz);

/// Write the structures where the guest asked for them. EFAULT: no guest memory there. Once is enough: the kernel's own clock
/// is the same function of the TSC for ever.
Result<void> write_system_time(GuestPhys to, u64 tsc_offset);
Result<void> write_wall_clock(GuestPhys to);
