// SPDX-License-Identifier: MIT
/// @file
/// @brief The local APIC's one-shot timer, and the measurement of time.
/// @chapter traps
#include "drivers/core_timer.h"

#include <algorithm>

#include "drivers/acpi.h"
#include "drivers/real_time_clock.h"
#include "lib/log.h"
#include "mm/kernel_space.h"
#include "sched/scheduler.h"
#include "x86/cpu.h"
#include "x86/instructions.h"
#include "x86/local_apic.h"
#include "x86/traps.h"

namespace {

constinit u64 timer_hz = 0;

/// The PIT's channel 2 counts at 1,193,182 Hz and shows its end in port 0x61. @spec{Intel 8254, Mode 0}
constexpr u64 kPitHz = 1'193'182, kPitTicks = kPitHz / 500;
constexpr int kTries = 16, kSame = 2;
/// Two tries are the same when they differ by less than about so many cycles of the TSC.
constexpr u64 kSameTsc = 64;
constexpr u16 kPitChannel2 = 0x42, kPitCommand = 0x43, kSystemControl = 0x61;
constexpr u8 kGate = 1, kSpeaker = 2, kOutput = 1 << 5, kChannel2Mode0 = 0xb0;

/// Waits for the two thousandths of a second that the PIT counts.
void wait_for_pit() {
    x86::outb(kSystemControl, static_cast<u8>((x86::inb(kSystemControl) & ~kSpeaker) | kGate));
    x86::outb(kPitCommand, kChannel2Mode0);
    x86::outb(kPitChannel2, static_cast<u8>(kPitTicks & 0xff));
    x86::outb(kPitChannel2, static_cast<u8>(kPitTicks >> 8));
    while (!(x86::inb(kSystemControl) & kOutput)) x86::pause();
}

struct Ticks {
    u64 tsc;
    u32 timer;
};

/// What both clocks count while the PIT counts down once.
Ticks measure_once() {
    local_apic::count_down(~0U);
    const u64 tsc = x86::rdtsc();
    wait_for_pit();
    const Ticks ticks{x86::rdtsc() - tsc, ~0U - local_apic::ticks_left()};
    local_apic::count_down(0);
    return ticks;
}

/// Answers the TSC's ticks per second. A processor that is taken away for a while, as an emulated one is, sees the PIT's end
/// late, never early: the shortest of some tries is right. A machine that counts instructions as time is never late, and
/// takes the same each time; there the rest of the tries is saved.
u64 measure() {
    Ticks least{~0ULL, ~0U};
    int same = 0;
    for (int i = 0; i < kTries && same < kSame; ++i) {
        const Ticks ticks = measure_once();
        same = ticks.tsc / kSameTsc == least.tsc / kSameTsc ? same + 1 : 0;
        least = {std::min(least.tsc, ticks.tsc), std::min(least.timer, ticks.timer)};
    }
    timer_hz = static_cast<u64>(least.timer) * kPitHz / kPitTicks;
    return least.tsc * kPitHz / kPitTicks;
}

void timer_interrupt(TrapFrame& frame) {
    this_cpu().interrupts++;
    local_apic::end_of_interrupt();
    sched::on_timer();
    sched::preempt_kernel(frame);
}

}  // namespace

void core_timer::init() {
    local_apic::use_registers(kernel_space::map_device(acpi_facts().local_apic, kPageBytes));
    local_apic::start_core();
    trap_handlers[vector::kTimer] = timer_interrupt;
    const u64 tsc_hz = measure();
    Clock::init(tsc_hz, real_time_clock_ns());
    log("clock: TSC ", tsc_hz / 1000, " kHz, APIC timer ", timer_hz / 1000, " kHz");
}

void core_timer::arm(Instant when) {
    if (when == kNever) return local_apic::count_down(0);
    const Instant now = Clock::now();
    const u64 span = when > now ? when.ns - now.ns : 0;
    // A span beyond the counter is cut short: the interrupt finds nothing due and arms the rest.
    const auto ticks = static_cast<unsigned __int128>(span) * timer_hz / 1'000'000'000;
    local_apic::count_down(static_cast<u32>(std::clamp<unsigned __int128>(ticks, 1, ~0U)));
}
