// SPDX-License-Identifier: MIT
/// @file
/// @brief Making, waking, parking and ending threads.
/// @chapter processes
#include "sched/thread.h"

#include "mm/kernel_space.h"
#include "sched/scheduler.h"
#include "x86/cpu.h"
#include "x86/fpu.h"

extern "C" void thread_trampoline();

namespace {

constinit sched::ArmTimer arm_hardware = nullptr;

CoreScheduler& this_scheduler() { return *this_cpu().scheduler; }

/// Destroys ended threads: on_dead may sleep, and a thread cannot free the stack that it stands on.
void reap(void*) {
    CoreScheduler& scheduler = this_scheduler();
    for (;;) {
        while (Thread* dead = scheduler.take_dead()) dead->on_dead();
        Thread::park(Sleep::Uninterruptible);
    }
}

}  // namespace

/// Called by the trampoline as the first thing on a new thread's stack, with the run queue's lock handed over.
void begin_current_thread() {
    this_scheduler().begin_thread();
    Thread& self = current_thread();
    self.entry_(self.argument_);
    Thread::exit();
}
extern "C" void thread_begin() { begin_current_thread(); }

Thread& current_thread() {
    Thread* thread;
    asm volatile("mov %%gs:%c1, %0" : "=r"(thread) : "i"(offsetof(Cpu, current)));
    return *thread;
}

Thread::~Thread() {
    if (fpu) fpu->destroy();
    if (stack_top_.raw) kernel_space::free_stack(stack_top_);
}

Result<void> Thread::prepare(const char* name, Entry entry, void* argument) {
    stack_top_ = TRY(kernel_space::allocate_stack());
    name_ = name;
    entry_ = entry;
    argument_ = argument;
    // What switch_stacks takes off the new stack: six registers and the trampoline's address. The place of a user frame at the
    // very top is left free; a thread that goes to ring 3 fills it.
    auto* stack = reinterpret_cast<u64*>(stack_top_.raw - sizeof(TrapFrame));
    *--stack = 0;
    *--stack = reinterpret_cast<u64>(&thread_trampoline);
    for (int i = 0; i < 6; ++i) *--stack = 0;
    saved_rsp_ = reinterpret_cast<u64>(stack);
    return {};
}

u64 Thread::run_time_ns() const {
    // A switch between the reads would count a turn twice, or not at all.
    IrqOff irq_off;
    const u64 now = Clock::now().ns;
    const bool counts = state_ == State::Running && now > running_since_.ns;
    return run_time_ns_ + (counts ? now - running_since_.ns : 0);
}

void Thread::start() {
    IrqOff irq_off;
    this_scheduler().add(*this);
}

Wake Thread::park(Sleep how, Instant deadline) { return current_thread().cpu_->scheduler->park(how, deadline); }
void Thread::unpark() { cpu_->scheduler->unpark(*this); }

void Thread::set_interrupted(bool waiting) {
    interrupted_.store(waiting, std::memory_order_release);
    // A sleep that a signal does not end loops and parks again.
    if (waiting && cpu_) unpark();
}

void Thread::exit() { current_thread().cpu_->scheduler->exit(); }

void arm_timer(Instant when) { arm_hardware(when); }

void sched::init(ArmTimer arm) {
    arm_hardware = arm;
    alignas(Thread) static constinit unsigned char idle_place[sizeof(Thread)] = {};
    alignas(CoreScheduler) static constinit unsigned char scheduler_place[sizeof(CoreScheduler)] = {};
    Cpu& cpu = this_cpu();
    cpu.scheduler = new (scheduler_place) CoreScheduler(cpu);
    cpu.scheduler->adopt_idle(*new (idle_place) Thread());
    auto reaper = make_owned<Thread>();
    CHECK(reaper.ok() && reaper.value()->prepare("reaper", reap, nullptr).ok());
    cpu.scheduler->set_reaper(*reaper.value());
    reaper.value().release()->start();
}

void sched::yield() {
    IrqOff irq_off;
    this_scheduler().yield();
}

bool sched::should_yield() { return this_scheduler().should_yield(); }

Wake sched::sleep_until(Instant deadline) {
    for (;;) {
        const Wake why = Thread::park(Sleep::Interruptible, deadline);
        if (why != Wake::Event) return why;
        if (Clock::now() >= deadline) return Wake::Deadline;
    }
}

u64 sched::idle_time_ns() {
    u64 sum = 0;
    for (const Cpu* cpu : all_cpus) {
        if (cpu && cpu->scheduler) sum += cpu->scheduler->idle_ns();
    }
    return sum;
}

void sched::on_timer() { this_scheduler().tick(); }

void sched::preempt_kernel(const TrapFrame& frame) {
    if (!frame.from_user() && (frame.rflags & (1U << 9)) && should_yield()) yield();
}

void sched::idle() {
    for (;;) this_scheduler().wait_for_work();
}
