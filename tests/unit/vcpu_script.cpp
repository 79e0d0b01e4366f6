// SPDX-License-Identifier: MIT
/// @file
/// @brief What the run loop needs of the layers below, for one thread.
/// @chapter testing
#include "vcpu_script.h"

const BackEnd* ring_v::back_end() { return &script_back_end; }
const char* ring_v::missing() { return ""; }
Thread::~Thread() = default;
Thread& current_thread() { return *running; }
Wake Thread::park(Sleep, Instant) { return on_park(); }
void Thread::unpark() {}
void Thread::interrupt_core(u8 vector) { core_interrupts.push_back(vector); }
void Thread::set_interrupted(bool waiting) { interrupted_.store(waiting); }
bool sched::should_yield() { return false; }
bool sched::should_yield(const IrqOff&) { return false; }
void ThreadFpu::exchange(FpuState*) {}
void sched::yield() {}
void Timer::start(Instant when) {
    when_ = when;
    started = this;
}
bool Timer::stop() { return false; }
void select_tsc_aux(u64) {}
u64 FpuState::supported_features() { return 7; }
static u64 xcr0 = 7;
u64 FpuState::selected_features() { return xcr0; }
void FpuState::select_features(u64 value) { xcr0 = value; }
bool FpuState::can_select(u64 value) { return (value & 1) && !(value & ~7ULL) && (!(value & 4) || (value & 2)); }
Result<FpuState*> FpuState::create() { return Error{ENOMEM}; }
void FpuState::destroy() {}
void FpuState::save() {}
void FpuState::restore() const {}
