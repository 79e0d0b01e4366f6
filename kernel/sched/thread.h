// SPDX-License-Identifier: MIT
/// @file
/// @brief A thread of control: its kernel stack, its state, and how it sleeps and is woken.
/// @chapter processes
#pragma once

#include <atomic>

#include "lib/list.h"
#include "lib/ref.h"
#include "mm/address_space.h"
#include "sched/clock.h"
#include "x86/trap_frame.h"

class FpuState;
class IrqOff;
struct Cpu;

/// Why a sleeping thread came back.
enum class Wake : u8 {
    Event,        ///< somebody woke it (or nobody did: every wait is a loop around its condition)
    Deadline,     ///< its time was up
    Interrupted,  ///< a signal is waiting for it
};

/// Whether a signal ends a sleep.
enum class Sleep : u8 { Uninterruptible, Interruptible };

/// A thread. Kernel threads are plain Threads; a process's threads are Tasks (proc/task.h).
///
/// Sleeping is one primitive. `unpark` leaves a token; `park` takes it or waits for it. A waiter makes itself findable,
/// looks at its condition, and parks; whoever changes the condition then unparks it. Whichever order the two run in, the
/// token is there or the condition was seen, so no wake-up is lost. A token may be left over: waits are loops.
class Thread {
   public:
    enum class State : u8 { Ready, Running, Parked, Dead };
    using Entry = void (*)(void* argument);

    /// A thread that will call `entry(argument)` on its own kernel stack once it is started. ENOMEM.
    Thread() = default;
    virtual ~Thread();
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    /// Gives the thread its kernel stack and its first frame. ENOMEM: nothing changed.
    Result<void> prepare(const char* name, Entry entry, void* argument);
    /// Puts a prepared thread on a run queue. From now on it runs; it is destroyed through `on_dead`.
    void start();

    /// Sleeps until unparked, the deadline, or (Interruptible) a waiting signal. Only for the current thread; no spinning
    /// lock may be held.
    static Wake park(Sleep how, Instant deadline = kNever);
    /// Wakes the thread, or lets its next park return at once. Any core, any context, interrupts in any state.
    void unpark();

    /// Where the thread runs on another core, interrupts that core: `vector::kWake` gets it out of ring 3 or ring V for a look at
    /// what there is to do.
    void interrupt_core(u8 vector);

    /// The cores that it may run on, one bit each.
    u32 allowed_cores() const { return allowed_cores_.load(std::memory_order_relaxed); }
    /// Lets it run on no others than `cores`, of which one at least is there. `Pending`: it still runs on another one, which it
    /// has been asked to leave; after a turn of that core's, `allow_cores` says so. The caller keeps the thread from ending.
    enum class Placed : u8 { Pending, Done };
    Placed allow_cores(u32 cores);
    /// Keeps the calling thread off `cores` for the rest of its life, whatever it is allowed; where there are no others, nothing
    /// changes.
    static void avoid_cores(u32 cores);
    u32 avoided_cores() const { return avoided_cores_.load(std::memory_order_relaxed); }
    bool may_run_on(const Cpu& core) const;

    /// A signal waits for this thread: interruptible sleeps end. Set and cleared by the signal code.
    void set_interrupted(bool waiting);
    bool is_interrupted() const { return interrupted_.load(std::memory_order_acquire); }

    /// Ends the current thread; `on_dead` runs on another stack afterwards.
    [[noreturn]] static void exit();
    /// Called when the thread has left its stack for the last time, in a kernel thread, allowed to sleep.
    virtual void on_dead() { delete this; }

    const char* name() const { return name_; }
    /// Linux's thread number; 0 for a kernel thread.
    virtual u32 number() const { return 0; }
    State state() const { return state_; }
    /// Nanoseconds that it has run, up to now.
    u64 run_time_ns() const;
    /// The top of its kernel stack, where a trap from ring 3 pushes its frame.
    VirtAddr stack_top() const { return stack_top_; }
    /// The frame of its entry from ring 3; only for threads with a user side.
    TrapFrame& user_frame() const { return *reinterpret_cast<TrapFrame*>(stack_top_.raw - sizeof(TrapFrame)); }

    /// The address space it runs in; null for a kernel thread, which borrows whatever is loaded.
    Ref<AddressSpace> space;
    /// Where its extended register state is kept while it does not run, null while it has none. While the thread is in ring V
    /// this is its guest's.
    FpuState* fpu = nullptr;
    /// The bases of FS and GS in ring 3.
    u64 fs_base = 0;
    u64 gs_base = 0;
    /// Called with interrupts off before the thread leaves its core, where it may be none: whatever of the thread's state the
    /// processor itself still holds goes to memory.
    void (*leave_core)() = nullptr;
    u32 mutexes_held = 0;  ///< debug builds: one bit per rank of the mutexes that it holds

   protected:
    const char* name_ = "?";

   private:
    friend class CoreScheduler;
    friend void begin_current_thread();
    ListNode run_link_;
    State state_ = State::Ready;
    bool token_ = false;  ///< an unpark that no park has taken yet; guarded by the run queue's lock
    std::atomic<bool> interrupted_{false};
    /// The core on which it runs, or whose queue it is in. Changes under that queue's lock, and only while the thread is Ready:
    /// whoever wants the queue's lock looks again after taking it.
    std::atomic<Cpu*> cpu_{nullptr};
    std::atomic<u32> allowed_cores_{~0U};
    std::atomic<u32> avoided_cores_{0};
    u64 saved_rsp_ = 0;  ///< while not running: where switch_stacks left its registers
    VirtAddr stack_top_;
    u64 slice_left_ns_ = 0;  ///< what is left of its turn
    Instant running_since_;
    u64 run_time_ns_ = 0;
    Entry entry_ = nullptr;
    void* argument_ = nullptr;
};

/// The thread that runs on this core.
Thread& current_thread();

/// While this lives, the current thread's extended registers are others than its own: a switch of threads saves and restores
/// those.
class ThreadFpu {
   public:
    ThreadFpu(Thread& thread, FpuState* others) : thread_(thread), own_(thread.fpu) { exchange(others); }
    ~ThreadFpu() { exchange(own_); }
    ThreadFpu(const ThreadFpu&) = delete;
    ThreadFpu& operator=(const ThreadFpu&) = delete;

   private:
    void exchange(FpuState* in);
    Thread& thread_;
    FpuState* own_;
};

namespace sched {
/// Lets another thread run, if one is ready.
void yield();
/// Whether this core should call `yield` before it goes back to ring 3 or ring V.
bool should_yield();
bool should_yield(const IrqOff&);
/// Sleeps until `deadline` or a signal.
Wake sleep_until(Instant deadline);
/// Counts for /proc/stat and /proc/uptime: nanoseconds that all cores have idled.
u64 idle_time_ns();
}  // namespace sched
