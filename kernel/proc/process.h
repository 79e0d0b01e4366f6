// SPDX-License-Identifier: MIT
/// @file
/// @brief A process: its memory, its files, its signal actions, its place among parents, groups and sessions.
/// @chapter processes
#pragma once

#include "lib/owned.h"
#include "lib/ref.h"
#include "lib/string.h"
#include "mm/address_space.h"
#include "proc/limits.h"
#include "proc/process_group.h"
#include "proc/signal_state.h"
#include "sched/clock.h"
#include "sched/thread_extension.h"
#include "trace/trace.h"

class File;
class FileTable;
class FsContext;
class Task;

/// Processor time and faults, as getrusage reports them.
struct ResourceUse {
    u64 user_ns = 0, system_ns = 0;
    u64 faults = 0;
    void add(const ResourceUse& other) {
        user_ns += other.user_ns;
        system_ns += other.system_ns;
        faults += other.faults;
    }
};

/// A process. It is found through the process tree (proc/process_tree.h) from fork until its parent has waited for it.
class Process final : public RefCounted {
   public:
    enum class Life : u8 { Alive, Zombie };

    Process(u32 number, Ref<ProcessGroup> in_group);
    ~Process() override;
    const u32 pid;

    // Memory, files, names. The process itself exchanges them, while it has one thread and with the tree's lock held, so
    // its own threads read them freely; others read them with the tree's lock held. All null in a zombie.
    Ref<AddressSpace> space;
    Ref<FileTable> files;
    Ref<FsContext> fs;

    /// Signal actions, pending signals, the list of threads.
    SpinLocked<ProcessSignals> signals{LockRank::Signals};
    WaitQueue resumed;       ///< stopped threads sleep here; the signal lock guards the condition
    WaitQueue thread_ended;  ///< an execve waits here for the other threads to end; the same lock

    // The tree. Guarded by the process tree's lock.
    Process* parent = nullptr;
    ListNode child_link;
    ListNode all_link;
    List<Process, &Process::child_link> children;
    Ref<ProcessGroup> group;
    Life life = Life::Alive;
    bool has_executed = false;    ///< its parent may no longer change its group
    bool borrows_memory = false;  ///< a vfork child that neither executed nor ended yet
    int stop_unreported = 0;      ///< the signal of a stop that wait has not reported yet, or 0
    bool continue_unreported = false;
    int parent_death_signal = 0;
    int exit_status = 0;            ///< in wait's form; valid in a zombie
    int exit_signal = kSigChld;     ///< what the parent is sent at the end
    ResourceUse ended_threads_use;  ///< of threads that have ended
    ResourceUse children_use;       ///< of children that were waited for
    WaitQueue child_changed;        ///< wait4 sleeps here
    WaitQueue vfork_done;           ///< the parent of a vfork sleeps here
    Ref<File> program;              ///< what /proc/<pid>/exe is
    String command_line;            ///< its arguments, each with a closing zero
    char name[16] = {};             ///< that of its last thread, once that has ended

    ResourceLimits limits;  ///< each word is read and written whole
    Instant started;
    Owned<ThreadExtension> interval_timer;  ///< made by the first setitimer or alarm; the tree's lock guards it
    trace::ProcessEntry trace_entry;

    u32 group_id() const { return group->id; }
    u32 session_id() const { return group->session->id; }
    u32 parent_id() const { return parent ? parent->pid : 0; }
};

/// The process of the current thread; only in a thread of a process.
Process& current_process();
