// SPDX-License-Identifier: MIT
/// @file
/// @brief A thread of a process: Linux's task.
/// @chapter processes
#pragma once

#include "lib/owned.h"
#include "proc/process.h"
#include "sched/thread.h"
#include "sched/thread_extension.h"

/// What becomes of a system call that a signal interrupted (it failed with EINTR
/// or kRestartSyscall), once it is known whether a handler runs.
enum class Restart : u8 {
    Never,      ///< the program gets EINTR
    Unhandled,  ///< EINTR when a handler ran, else it is executed again: sleeps, poll, pause
    Always,     ///< executed again in any case: nothing was done yet
    Automatic,  ///< executed again when no handler ran or the handler was set with SA_RESTART: reads, writes, waits
};

/// The error of a call that a signal came before: it is executed again in any case. Linux's internal number, like
/// kRestartSyscall; neither is ever seen by programs.
inline constexpr int kRestartAlways = 513;

/// What the processor said of a thread's last exception.
struct ExceptionRecord {
    u64 vector = 0, error = 0, address = 0;
};

/// A thread of a process. Born by clone or by process 1's start, ends itself with `end_current_task`.
class Task final : public Thread {
   public:
    /// A thread of `process` with the number `number`, not yet started; it is in no list yet. ENOMEM.
    static Result<Owned<Task>> create(Ref<Process> process, u32 number, Entry entry = go_to_ring3);
    ~Task() override;

    u32 tid;  ///< changes only when an execve makes this the first thread
    const Ref<Process> process;

    TaskSignals signals;  ///< guarded by the process's signal lock

    /// What virt hangs on a thread: its vCPU. Read by others only with the tree's lock held.
    Owned<ThreadExtension> extension;

    // The thread's own.
    u64 clear_child_tid = 0;           ///< where to write 0 and wake a futex at the end
    u64 robust_list = 0;               ///< the list of futexes to let go at the end
    u64 set_child_tid = 0;             ///< a clone's CLONE_CHILD_SETTID: where the new thread writes its number first
    u64 faults = 0;                    ///< page faults that were settled
    u32 memory_waits = 0;              ///< times that it waited for memory; starts anew with the next settled fault
    TrapFrame first_frame;             ///< the registers with which a new thread goes to ring 3
    ExceptionRecord exception;         ///< of the last exception: for the signal frame
    Restart restart = Restart::Never;  ///< of the system call that returned EINTR just now

    /// The deadline of a call that waits `ns` nanoseconds from now. A call that is executed again, because a signal without a
    /// handler interrupted it, gets the deadline that it had the first time.
    Instant call_deadline(u64 ns);
    void keep_call_deadline() { deadline_kept_ = true; }
    void count_settled_fault() { ++faults, memory_waits = 0; }
    void forget_call_deadline() { deadline_kept_ = false; }

    char comm[16] = {};  ///< the name that prctl(PR_SET_NAME) gave
    void set_comm(std::string_view text);

    /// Exchanges the memory that this thread, the current one, runs in. The old one is let go.
    void adopt_space(Ref<AddressSpace> new_space);
    /// Lets the memory go for good; from now on this is a kernel thread that is about to end.
    void leave_space();
    u32 number() const override { return tid; }

   private:
    static void go_to_ring3(void* task);
    Task(Ref<Process> of, u32 number) : tid(number), process(std::move(of)) { signals.task = this; }
    Instant deadline_;
    bool deadline_kept_ = false;
};

/// The current thread; only in a thread of a process (a system call, a fault, the console of one).
Task& current_task();
