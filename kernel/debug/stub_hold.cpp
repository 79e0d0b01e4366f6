// SPDX-License-Identifier: MIT
/// @file
/// @brief Who has the stub, and the NMI in which the other cores wait.
/// @chapter observability
#include "debug/stub_hold.h"

#include <utility>

#include "debug/stub_vmcs.h"
#include "x86/host_breakpoints.h"
#include "x86/local_apic.h"
#include "x86/traps.h"

namespace stub {

constinit StoppedCore stopped[kMaxCpus];

namespace {

/// Who has the stub: a core's index, and what it does. Changed in one piece: whoever waits for kHolds to go sees that it has
/// either gone or come to stay.
constexpr u32 kCore = 0xff, kHolds = 1U << 8, kSteps = 1U << 9, kFree = ~0U;
constinit std::atomic<u32> owner{kFree};
constinit std::atomic<u32> asked{0};    ///< one bit a core: the NMI is on its way
constinit std::atomic<u32> waiting{0};  ///< one bit a core: it waits, its registers taken down
constinit std::atomic<u64> step_end{0};
constinit TrapHandler other_nmi_handler = nullptr;

/// In ticks of the TSC: its speed is not asked for, because all functions but the stub's may have breakpoints.
constexpr u64 kPatience = 1ULL << 32, kStepPatience = 1ULL << 28;

u32 this_bit() { return 1U << this_cpu().index; }
bool is_held(u32 state) { return state != kFree && (state & kHolds); }

/// A core that waits while another one steps lets all go when that takes too long.
void end_long_step(u32 state) {
    if ((state & kSteps) && x86::rdtsc() > step_end.load()) owner.compare_exchange_strong(state, kFree);
}

/// The breakpoints of this core are off until it goes on, and software's are out of the way.
void on_nmi(TrapFrame& frame) {
    if (!(asked.fetch_and(~this_bit()) & this_bit())) return other_nmi_handler(frame);
    x86::write_dr7(DebugControl::kNothing);
    StoppedCore& self = stopped[this_cpu().index];
    self.take(frame);
    vmcs::take_current();
    waiting.fetch_or(this_bit());
    for (u32 state; is_held(state = owner.load()); end_long_step(state)) x86::pause();
    vmcs::forget();
    self.load();
    host_breakpoints::load();
    waiting.fetch_and(~this_bit());
}

template <class Condition>
void wait_until(Condition&& condition) {
    for (const u64 start = x86::rdtsc(); !condition() && x86::rdtsc() - start < kPatience;) x86::pause();
}

}  // namespace

void hold::init() { other_nmi_handler = std::exchange(trap_handlers[vector::kNmi], on_nmi); }

void hold::claim() {
    const u32 self = this_cpu().index;
    for (;;) {
        u32 state = owner.load();
        const bool is_own = state != kFree && (state & kCore) == self;
        const u32 claimed = is_own ? state & ~kSteps : self;
        if ((is_own || state == kFree) && owner.compare_exchange_strong(state, claimed)) return;
        x86::pause();
    }
}

void hold::stop_others() {
    if (owner.load() & kHolds) return;
    u32 others = 0;
    for (const Cpu* core : all_cpus) {
        if (core && core->index != this_cpu().index) others |= 1U << core->index;
    }
    if (others == 0) return;
    wait_until([] { return waiting.load() == 0; });  // for those that go on from the last time
    owner.fetch_or(kHolds);
    asked.fetch_or(others);
    local_apic::interrupt_others_by_nmi();
    wait_until([others] { return (waiting.load() & others) == others; });
}

void hold::let_go() { owner.store(kFree); }

void hold::keep_others_for_step() {
    step_end = x86::rdtsc() + kStepPatience;
    owner.fetch_or(kSteps);
}

}  // namespace stub
