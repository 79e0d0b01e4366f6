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
    Automatic,  ///< executed again when no handler ran or the handler was set with SA_RESTART: reads, writes, waits
};

/// A thread of a process. Born by clone or by process 1's start, ends itself with `end_current_task`.
class Task final : public Thread {
   public:
    /// A thread of `process` with the number `number`, not yet started; it is in no list yet. ENOMEM.
    static Result<Owned<Task>> create(Ref<Process> process, u32 number);
    ~Task() override;

    u32 tid;                       ///< changes only when an execve makes this the first thread
    const Ref<Process> process;

    TaskSignals signals;           ///< guarded by the process's signal lock

    /// What virt hangs on a thread: its vCPU. Read by others only with the tree's lock held.
    Owned<ThreadExtension> extension;

    // The thread's own.
    u64 clear_child_tid = 0;       ///< where to write 0 and wake a futex at the end
    u64 robust_list = 0;           ///< the list of futexes to let go at the end
    ResourceUse use;
    u64 system_since_ns = 0;       ///< its run time when it entered the kernel
    Restart restart = Restart::Never;   ///< of the system call that returned EINTR just now

    /// The deadline of a call that waits `ns` nanoseconds from now. A call that is executed again, because a signal without a
    /// handler interrupted it, gets the deadline that it had the first time.
    Instant call_deadline(u64 ns);
    void keep_call_deadline() { deadline_kept_ = true; }
    void forget_call_deadline() { deadline_kept_ = false; }

    void set_name(const char* text) { name_ = text; }
    char comm[16] = {};            ///< the name that prctl(PR_SET_NAME) gave

   private:
    Task(Ref<Process> of, u32 number) : tid(number), process(std::move(of)) { signals.task = this; }
    Instant deadline_;
    bool deadline_kept_ = false;
};

/// The current thread; only in a thread of a process (a system call, a fault, the console of one).
Task& current_task();
