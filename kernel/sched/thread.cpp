// SPDX-License-Identifier: MIT
/// @file
/// @brief Making, waking, parking and ending threads.
/// @chapter processes
#include "sched/thread.h"

#include "mm/kernel_space.h"
#include "sched/scheduler.h"
#include "x86/cpu.h"
#include "x86/fpu.h"
#include "x86/local_apic.h"
#include "x86/traps.h"

extern "C" void thread_trampoline();

namespace {

constinit sched::ArmTimer arm_hardware = nullptr;

CoreScheduler& this_scheduler() { return *this_cpu().scheduler; }

/// Destroys ended threads: on_dead may sleep, and a thread cannot free the stack that it stands on.
void reap(void* core) {
    CoreScheduler& scheduler = *static_cast<CoreScheduler*>(core);
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
    (may_run_on(this_cpu()) ? this_scheduler() : CoreScheduler::best_for(*this)).add(*this);
}

Thread::Placed Thread::allow_cores(u32 cores) {
    allowed_cores_.store(cores);
    return cpu_.load() ? CoreScheduler::place(*this) : Placed::Done;
}

bool Thread::may_run_on(const Cpu& core) const {
    const u32 cores = allowed_cores() & ~avoided_cores();
    return (cores ? cores : ~avoided_cores()) >> core.index & 1;
}

void Thread::avoid_cores(u32 cores) {
    Thread& self = current_thread();
    if (!(online_cores() & ~cores)) return;
    self.avoided_cores_.store(cores);
    while (CoreScheduler::place(self) == Placed::Pending) sched::yield();
}

Wake Thread::park(Sleep how, Instant deadline) { return CoreScheduler::park(how, deadline); }
void Thread::unpark() { CoreScheduler::unpark(*this); }

void Thread::interrupt_core(u8 vector) {
    const IrqOff off;
    const Cpu* core = cpu_.load();
    if (core != &this_cpu() && core->current == this) local_apic::interrupt(core->apic_id, vector);
}

void Thread::set_interrupted(bool waiting) {
    interrupted_.store(waiting, std::memory_order_release);
    // A sleep that a signal does not end loops and parks again.
    if (!waiting || !cpu_.load()) return;
    unpark();
    interrupt_core(vector::kWake);
}

void Thread::exit() { CoreScheduler::exit(); }

void ThreadFpu::exchange(FpuState* in) {
    const IrqOff off;  // a switch of threads in the middle would save the one's registers as the other's
    if (thread_.fpu) thread_.fpu->save();
    thread_.fpu = in;
    if (in) in->restore();
}

void arm_timer(Instant when) { arm_hardware(when); }

void sched::init(ArmTimer arm) {
    arm_hardware = arm;
    trap_handlers[vector::kWake] = [](TrapFrame& frame) {
        this_cpu().interrupts++;
        local_apic::end_of_interrupt();
        this_scheduler().timers_changed();
        preempt_kernel(frame);
    };
    init_core();
}

void sched::init_core() {
    Cpu& cpu = this_cpu();
    auto scheduler = make_owned<CoreScheduler>(cpu);
    auto idle = make_owned<Thread>();
    auto reaper = make_owned<Thread>();
    CHECK(scheduler.ok() && idle.ok() && reaper.ok());
    cpu.scheduler = scheduler.value().release();
    cpu.scheduler->adopt_idle(*idle.value().release());
    CHECK(reaper.value()->prepare("reaper", reap, cpu.scheduler).ok());
    cpu.scheduler->adopt_reaper(*reaper.value().release());
}

void sched::yield() { CoreScheduler::yield(); }

bool sched::should_yield() { return should_yield(IrqOff()); }
bool sched::should_yield(const IrqOff&) { return this_scheduler().should_yield(); }

Wake sched::sleep_until(Instant deadline) {
    for (;;) {
        const Wake why = Thread::park(Sleep::Interruptible, deadline);
        if (why != Wake::Event) return why;
        if (Clock::now() >= deadline) return Wake::Deadline;
    }
}

u64 sched::idle_time_ns() {
    u64 sum = 0;
    for_each_core([&](const Cpu& core) { sum += core.scheduler->idle_ns(); });
    return sum;
}

void sched::on_timer() { this_scheduler().tick(); }

void sched::preempt_kernel(const TrapFrame& frame) {
    if (!frame.from_user() && (frame.rflags & (1U << 9)) && should_yield()) yield();
}

void sched::idle() {
    CoreScheduler& scheduler = this_scheduler();
    for (;;) scheduler.wait_for_work();
}
