// SPDX-License-Identifier: MIT
/// @file
/// @brief Fills in KVM's clock structures.
/// @chapter exits
#include "virt/paravirtual_clock.h"

#include "sched/clock.h"
#include "virt/guest_memory.h"
#include "x86/instructions.h"

namespace {

constexpr u64 kNsPerSecond = 1'000'000'000;
constexpr u8 kTscStable = 1;  ///< flags: the same on all vCPUs

struct WallClock {
    u32 version, seconds, nanoseconds;
};

}  // namespace

void set_tsc_scale(ParavirtualTime& time, u64 hz) {
    // Bring the frequency into (1 GHz, 2 GHz] by shifts; then 2^32 * 1e9 / hz fits 32 bits with its top bit set.
    for (time.tsc_shift = 0; hz > 2 * kNsPerSecond; --time.tsc_shift) hz >>= 1;
    for (; hz <= kNsPerSecond; ++time.tsc_shift) hz <<= 1;
    time.tsc_to_system_mul = static_cast<u32>((kNsPerSecond << 32) / hz);
}

Result<void> write_system_time(GuestPhys to, u64 tsc_offset) {
    const u64 tsc = x86::rdtsc();
    ParavirtualTime time{};
    time.version = 2;
    time.tsc_timestamp = tsc + tsc_offset;
    time.system_time = Clock::instant_from_tsc(tsc).ns;
    time.flags = kTscStable;
    set_tsc_scale(time, Clock::tsc_hz());
    return write_guest(to, &time, sizeof(time));
}

Result<void> write_wall_clock(GuestPhys to) {
    const u64 boot = Clock::boot_time_of_day_ns();
    const WallClock wall{2, static_cast<u32>(boot / kNsPerSecond), static_cast<u32>(boot % kNsPerSecond)};
    return write_guest(to, &wall, sizeof(wall));
}
