// SPDX-License-Identifier: MIT
/// @file
/// @brief What the run loop needs of the layers below, for one thread.
/// @chapter testing
#include "vcpu_script.h"

BackEnd* ring_v::back_end() { return &script_back_end; }
const char* ring_v::missing() { return ""; }
Thread::~Thread() = default;
Thread& current_thread() { return *running; }
Wake Thread::park(Sleep, Instant) { return on_park(); }
void Thread::unpark() {}
void Thread::interrupt_core() {}
void Thread::set_interrupted(bool waiting) { interrupted_.store(waiting); }
bool sched::should_yield() { return false; }
void sched::yield() {}
void Timer::start(Instant when) { when_ = when; }
bool Timer::stop() { return false; }
u64 FpuState::supported_features() { return 7; }
static u64 xcr0 = 7;
u64 FpuState::selected_features() { return xcr0; }
void FpuState::select_features(u64 value) { xcr0 = value; }
Result<FpuState*> FpuState::create() { return Error{ENOMEM}; }
void FpuState::destroy() {}
void FpuState::save() {}
void FpuState::restore() const {}
