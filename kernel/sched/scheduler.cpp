// SPDX-License-Identifier: MIT
/// @file
/// @brief Switching threads: the run queue, the switch itself, and the end of a thread.
/// @chapter processes
#include "sched/scheduler.h"

#include <algorithm>

#include "mm/shootdown.h"
#include "x86/cpu.h"
#include "x86/fpu.h"
#include "x86/instructions.h"
#include "x86/local_apic.h"
#include "x86/registers.h"
#include "x86/traps.h"

extern "C" void switch_stacks(u64* saved_rsp, u64 next_rsp);

namespace {

CoreScheduler& this_scheduler() { return *this_cpu().scheduler; }

}  // namespace

void CoreScheduler::adopt_idle(Thread& idle) {
    idle_ = &idle;
    idle.state_ = Thread::State::Running;
    idle.cpu_ = &cpu_;
    idle.allowed_cores_ = 1U << cpu_.index;
    idle.name_ = "idle";
    idle.running_since_ = Clock::now();
    cpu_.current = &idle;
}

void CoreScheduler::adopt_reaper(Thread& reaper) {
    reaper_ = &reaper;
    reaper.allowed_cores_ = 1U << cpu_.index;
    add(reaper);
}

/// The lock is held.
void CoreScheduler::make_ready(Thread& thread) {
    thread.state_ = Thread::State::Ready;
    const bool has_time_left = thread.slice_left_ns_ > 0;
    if (has_time_left) {
        ready_.push_front(thread);
    } else {
        thread.slice_left_ns_ = kSliceNs;
        ready_.push_back(thread);
    }
    waiting_.fetch_add(1);
    if (has_time_left || cpu_.current == idle_) should_yield_.store(true, std::memory_order_relaxed);
}

/// After something came into the queue, with the lock held: this core sets its timer, another one is interrupted and does it.
void CoreScheduler::announce() {
    if (&cpu_ == &this_cpu()) {
        rearm();
    } else {
        local_apic::interrupt(cpu_.apic_id, vector::kWake);
    }
}

void CoreScheduler::add(Thread& thread) {
    SpinGuard guard(lock_);
    thread.cpu_.store(&cpu_);
    make_ready(thread);
    announce();
}

void CoreScheduler::unpark(Thread& thread) {
    for (;;) {
        CoreScheduler& home = *thread.cpu_.load()->scheduler;
        SpinGuard guard(home.lock_);
        if (thread.cpu_.load() != &home.cpu_) continue;  // it has moved
        if (thread.state_ == Thread::State::Parked) {
            home.make_ready(thread);
            home.announce();
        } else {
            thread.token_ = true;
        }
        return;
    }
}

/// The lock is held.
void CoreScheduler::take_out(Thread& thread, Cpu& for_core) {
    ready_.remove(thread);
    waiting_.fetch_sub(1);
    thread.cpu_.store(&for_core);
}

/// A thread from the end of this queue, for another core; null where none may go.
Thread* CoreScheduler::take_for(Cpu& other) {
    SpinGuard guard(lock_);
    Thread* last = nullptr;
    for (Thread& thread : ready_) {
        if (thread.may_run_on(other)) last = &thread;
    }
    if (last) take_out(*last, other);
    return last;
}

/// An idle core takes a thread that waits elsewhere.
void CoreScheduler::steal() {
    for_each_core([&](const Cpu& core) {
        if (&core == &cpu_ || waiting_.load() || !core.scheduler->waiting_.load()) return;
        // On its way from queue to queue the thread is in none: if an interrupt took this core away from the idle thread now,
        // it would be lost until the core is idle again.
        const IrqOff off;
        if (Thread* thread = core.scheduler->take_for(cpu_)) add(*thread);
    });
}

u32 CoreScheduler::load() const { return waiting_.load() + (cpu_.current == idle_ ? 0 : 1); }

/// At the end of a slice: where another core has less to do by two threads or more, one that waits goes there.
void CoreScheduler::balance() {
    CoreScheduler* least = this;
    for_each_core([&](const Cpu& core) {
        if (core.scheduler->load() < least->load()) least = core.scheduler;
    });
    if (load() < least->load() + 2) return;
    if (Thread* thread = take_for(least->cpu_)) least->add(*thread);
}

CoreScheduler& CoreScheduler::best_for(const Thread& thread) {
    CoreScheduler* best = nullptr;
    for_each_core([&](const Cpu& core) {
        if (thread.may_run_on(core) && (!best || core.scheduler->load() < best->load())) best = core.scheduler;
    });
    CHECK(best, thread.allowed_cores());
    return *best;
}

Thread::Placed CoreScheduler::place(Thread& thread) {
    using enum Thread::Placed;
    const IrqOff off;
    CoreScheduler& home = *thread.cpu_.load()->scheduler;
    CoreScheduler& best = best_for(thread);
    {
        SpinGuard guard(home.lock_);
        if (thread.cpu_.load() != &home.cpu_) return Pending;  // it has moved
        if (thread.may_run_on(home.cpu_)) return Done;
        switch (thread.state_) {
        case Thread::State::Running:
            home.should_yield_.store(true, std::memory_order_relaxed);
            home.announce();
            return Pending;
        case Thread::State::Ready:
            if (!thread.run_link_.is_linked()) return Pending;  // on its way
            home.take_out(thread, best.cpu_);
            break;
        case Thread::State::Parked: thread.cpu_.store(&best.cpu_); return Done;
        case Thread::State::Dead: return Done;
        }
    }
    best.add(thread);
    return Done;
}

Wake CoreScheduler::park(Sleep how, Instant deadline) {
    LockOrder::sleeping();
    Thread& self = current_thread();
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
        const IrqOff off;
        this_scheduler().lock_.acquire(off);
        if (self.token_ || (how == Sleep::Interruptible && self.is_interrupted())) {
            // Somebody was faster; there is nothing to wait for.
        } else {
            self.state_ = Thread::State::Parked;
            this_scheduler().switch_away(self);
        }
        self.token_ = false;
        this_scheduler().end_switch();
    }
    alarm.stop();
    if (how == Sleep::Interruptible && self.is_interrupted()) return Wake::Interrupted;
    return alarm.rang.load(std::memory_order_relaxed) ? Wake::Deadline : Wake::Event;
}

void CoreScheduler::yield() {
    const IrqOff off;
    CoreScheduler& here = this_scheduler();
    here.lock_.acquire(off);
    Thread& self = current_thread();
    here.should_yield_.store(false, std::memory_order_relaxed);
    const bool may_stay = self.may_run_on(here.cpu_);
    if (!here.ready_.empty() || !may_stay) {
        self.state_ = Thread::State::Ready;
        if (!may_stay) {
            self.cpu_.store(&best_for(self).cpu_);
            here.leaving_ = &self;
        } else if (&self != here.idle_) {
            here.ready_.push_back(self);
            here.waiting_.fetch_add(1);
        }
        here.switch_away(self);
    }
    this_scheduler().end_switch();
}

void CoreScheduler::exit() {
    const IrqOff off;
    CoreScheduler& here = this_scheduler();
    here.lock_.acquire(off);
    Thread& self = current_thread();
    self.state_ = Thread::State::Dead;
    here.left_dead_ = &self;
    here.switch_away(self);
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
/// are saved no other core may take it from the queue. It is the next thread that lets go of the lock, on its own stack. This
/// thread comes back some time later, perhaps on another core, and then holds that core's lock.
void CoreScheduler::switch_away(Thread& self) {
    account(self);
    Thread* next = ready_.pop_front();
    if (next) {
        waiting_.fetch_sub(1);
    } else {
        next = idle_;
    }
    should_yield_.store(false, std::memory_order_relaxed);
    next->state_ = Thread::State::Running;
    next->running_since_ = self.running_since_;
    if (next->slice_left_ns_ == 0) next->slice_left_ns_ = kSliceNs;
    if (next != &self) switch_registers(self, *next);
    this_scheduler().after_switch();
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

/// Lets go of the lock. The thread that was left because it may not run here, and whose registers are saved by now, goes to
/// its new core, whose lock may not be taken before.
void CoreScheduler::end_switch() {
    Thread* leaving = std::exchange(leaving_, nullptr);
    lock_.release();
    if (leaving) leaving->cpu_.load()->scheduler->add(*leaving);
}

void CoreScheduler::begin_thread() {
    after_switch();
    end_switch();
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
        if (PhysAddr(x86::read_cr3()) != root) load_root(root);
        x86::wrmsr(Msr::kFsBase, to.fs_base);
        x86::wrmsr(Msr::kKernelGsBase, to.gs_base);
    }
    cpu_.current = &to;
    cpu_.kernel_rsp = cpu_.tss.rsp[0] = to.stack_top_.raw;
    switch_stacks(&from.saved_rsp_, to.saved_rsp_);
}

void CoreScheduler::tick() {
    timers.fire_due(Clock::now());
    bool slice_over;
    {
        SpinGuard guard(lock_);
        armed_ = kNever;
        const Thread& self = *cpu_.current;
        slice_over = Clock::now() >= self.running_since_.after(self.slice_left_ns_);
        if (!ready_.empty() && (slice_over || &self == idle_)) should_yield_.store(true, std::memory_order_relaxed);
        rearm();
    }
    if (slice_over && waiting_.load()) balance();
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
    if (!waiting_.load()) steal();
    // A thread that has just gone to sleep is often woken by another core at once, and HLT takes long to leave.
    const Instant end = all_cpus[1] ? Clock::now().after(kIdlePollNs) : Instant();
    while (!waiting_.load() && Clock::now() < end) x86::pause();
    // Interrupts are off from the last look at the queue until HLT, whose predecessor STI lets them in only after it.
    x86::cli();
    if (!waiting_.load()) x86::sti_hlt();
    x86::sti();
    yield();
}
