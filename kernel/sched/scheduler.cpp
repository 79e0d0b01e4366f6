// SPDX-License-Identifier: MIT
/// @file
/// @brief Switching threads: the run queue, the switch itself, and the end of a thread.
/// @chapter processes
#include "sched/scheduler.h"

#include <algorithm>

#include "mm/kernel_space.h"
#include "x86/cpu.h"
#include "x86/fpu.h"
#include "x86/instructions.h"
#include "x86/registers.h"

extern "C" void switch_stacks(u64* saved_rsp, u64 next_rsp);

void CoreScheduler::adopt_idle(Thread& idle) {
    idle_ = &idle;
    idle.state_ = Thread::State::Running;
    idle.cpu_ = &cpu_;
    idle.name_ = "idle";
    idle.running_since_ = Clock::now();
    cpu_.current = &idle;
}

/// The queue's lock is held.
void CoreScheduler::make_ready(Thread& thread) {
    thread.state_ = Thread::State::Ready;
    const bool has_time_left = thread.slice_left_ns_ > 0;
    if (has_time_left) {
        ready_.push_front(thread);
    } else {
        thread.slice_left_ns_ = kSliceNs;
        ready_.push_back(thread);
    }
    if (has_time_left || cpu_.current == idle_) should_yield_.store(true, std::memory_order_relaxed);
}

void CoreScheduler::add(Thread& thread) {
    SpinGuard guard(lock_);
    thread.cpu_ = &cpu_;
    make_ready(thread);
    rearm();
}

void CoreScheduler::unpark(Thread& thread) {
    SpinGuard guard(lock_);
    if (thread.state_ != Thread::State::Parked) {
        thread.token_ = true;
        return;
    }
    make_ready(thread);
    rearm();
}

Wake CoreScheduler::park(Sleep how, Instant deadline) {
    Thread& self = *cpu_.current;
    struct Alarm : Timer {
        Thread& thread;
        std::atomic<bool> rang{false};
        explicit Alarm(Thread& sleeper) : Timer(ring), thread(sleeper) {}
        static void ring(Timer& timer) {
            auto& alarm = static_cast<Alarm&>(timer);
            alarm.rang.store(true, std::memory_order_relaxed);
            alarm.thread.unpark();
        }
    } alarm(self);
    if (deadline != kNever) alarm.start(deadline);
    {
        SpinGuard guard(lock_);
        if (self.token_ || (how == Sleep::Interruptible && self.is_interrupted())) {
            // Somebody was faster; there is nothing to wait for.
        } else {
            self.state_ = Thread::State::Parked;
            switch_away(self);
        }
        self.token_ = false;
    }
    alarm.stop();
    if (how == Sleep::Interruptible && self.is_interrupted()) return Wake::Interrupted;
    return alarm.rang.load(std::memory_order_relaxed) ? Wake::Deadline : Wake::Event;
}

void CoreScheduler::yield() {
    SpinGuard guard(lock_);
    Thread& self = *cpu_.current;
    should_yield_.store(false, std::memory_order_relaxed);
    if (ready_.empty()) return;
    self.state_ = Thread::State::Ready;
    if (&self != idle_) ready_.push_back(self);
    switch_away(self);
}

void CoreScheduler::exit() {
    IrqOff irq_off;
    lock_.acquire(irq_off);
    Thread& self = *cpu_.current;
    self.state_ = Thread::State::Dead;
    left_dead_ = &self;
    switch_away(self);
    PANIC("a dead thread ran", &self);
}

/// Charges the running thread for its time.
void CoreScheduler::account(Thread& self) {
    const Instant now = Clock::now();
    const u64 ran = now.ns - self.running_since_.ns;
    self.running_since_ = now;
    self.run_time_ns_ += ran;
    self.slice_left_ns_ = self.slice_left_ns_ > ran ? self.slice_left_ns_ - ran : 0;
}

/// Gives the core to the next ready thread. The lock is held and stays held across the switch: until this thread's registers
/// are saved no other core may take it from the queue. It is the next thread that lets go of the lock, on its own stack.
void CoreScheduler::switch_away(Thread& self) {
    account(self);
    Thread* next = ready_.pop_front();
    if (!next) next = idle_;
    should_yield_.store(false, std::memory_order_relaxed);
    next->state_ = Thread::State::Running;
    next->running_since_ = self.running_since_;
    if (next->slice_left_ns_ == 0) next->slice_left_ns_ = kSliceNs;
    const bool same = next == &self;
    if (!same) switch_registers(self, *next);
    // From here on this is `self` again, some time later: whoever switched to it handed the lock over.
    after_switch();
}

/// What the thread that was switched to does first: it looks after one that ended, and sets the timer for its own slice.
void CoreScheduler::after_switch() {
    if (Thread* dead = std::exchange(left_dead_, nullptr)) {
        dead_.push_back(*dead);
        if (reaper_->state_ == Thread::State::Parked)
            make_ready(*reaper_);
        else
            reaper_->token_ = true;
    }
    rearm();
}

void CoreScheduler::begin_thread() {
    after_switch();
    lock_.release();
    x86::sti();
}

Thread* CoreScheduler::take_dead() {
    SpinGuard guard(lock_);
    return dead_.pop_front();
}

void CoreScheduler::switch_registers(Thread& from, Thread& to) {
    if (from.leave_core) from.leave_core();
    if (from.fpu) from.fpu->save();
    if (to.fpu) to.fpu->restore();
    // A kernel thread runs in whatever address space is loaded: all have the same kernel half.
    if (to.space) {
        const PhysAddr root = to.space->tables().host_root();
        if (PhysAddr(x86::read_cr3()) != root) x86::write_cr3(root.raw);
        x86::wrmsr(Msr::kFsBase, to.fs_base);
        x86::wrmsr(Msr::kKernelGsBase, to.gs_base);
    }
    cpu_.current = &to;
    cpu_.kernel_rsp = cpu_.tss.rsp[0] = to.stack_top_.raw;
    switch_stacks(&from.saved_rsp_, to.saved_rsp_);
}

void CoreScheduler::tick() {
    timers.fire_due(Clock::now());
    SpinGuard guard(lock_);
    armed_ = kNever;
    const Thread& self = *cpu_.current;
    const bool slice_over = Clock::now() >= self.running_since_.after(self.slice_left_ns_);
    if (!ready_.empty() && (slice_over || &self == idle_)) should_yield_.store(true, std::memory_order_relaxed);
    rearm();
}

/// The lock is held. A core that has nobody waiting for its turn needs no tick at all.
void CoreScheduler::rearm() {
    Instant next = timers.soonest();
    const Thread& self = *cpu_.current;
    const bool slice_counts = !ready_.empty() && !should_yield() && &self != idle_;
    if (slice_counts) next = std::min(next, self.running_since_.after(self.slice_left_ns_));
    if (next == armed_) return;
    armed_ = next;
    arm_timer(next);
}

void CoreScheduler::timers_changed() {
    SpinGuard guard(lock_);
    rearm();
}

void CoreScheduler::wait_for_work() {
    // Interrupts are off from the look at the queue until HLT, whose predecessor STI lets them in only after it.
    x86::cli();
    if (ready_.empty()) x86::sti_hlt();
    x86::sti();
    yield();
}
