// SPDX-License-Identifier: MIT
/// @file
/// @brief All processes: finding one by number, parents and children, numbers that are free.
/// @chapter processes
#pragma once

#include "proc/process.h"
#include "proc/task.h"

/// Holds the one lock of the process tree. A spinning lock: nothing may sleep, and no last reference to memory or files may be
/// dropped, while it lives.
class TreeGuard : public SpinGuard {
   public:
    TreeGuard();
};

namespace processes {

/// A number that no process, thread, group or session has. EAGAIN: none is left.
Result<u32> free_id(const TreeGuard&);
/// Enters a process under its parent (null for process 1). Its numbers are taken from now on.
void insert(const TreeGuard&, Ref<Process> process, Process* parent);
/// Takes a zombie out of the tree; the caller drops the reference after it let go of the lock.
Ref<Process> remove(const TreeGuard&, Process& process);

/// The process, zombies included, or null.
Process* find(const TreeGuard&, u32 pid);
/// The thread of any process, or null. It lives at least as long as the guard.
Task* find_task(const TreeGuard&, u32 tid);
/// A process of the group, or null.
Process* find_group_member(const TreeGuard&, u32 group);
Process* first(const TreeGuard&);
Process* next(const TreeGuard&, Process& process);
/// Process 1, to which orphans go.
Process& init_process();

/// Gives the children of `process` to process 1.
void reparent_children(const TreeGuard&, Process& process);

/// A counted reference to the process, or none: to keep looking at it without the lock.
Ref<Process> get(u32 pid);
/// Its memory, or none when it has ended.
Ref<AddressSpace> space_of(u32 pid);
/// The lowest number above `pid` that a process has, 0 where none has: to look at all of them without the lock.
u32 id_after(u32 pid);
usize count();

}  // namespace processes
