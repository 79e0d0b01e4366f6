// SPDX-License-Identifier: MIT
/// @file
/// @brief fork, vfork and clone.
/// @chapter processes
#include "proc/clone.h"

#include <linux/sched.h>

#include "fs/file_table.h"
#include "fs/fs_context.h"
#include "mm/user_memory.h"
#include "proc/process_tree.h"
#include "proc/signal_send.h"
#include "x86/fpu.h"

namespace {

constexpr u64 kThreadFlags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
constexpr u64 kNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
constexpr u64 kUnknown = CLONE_PIDFD | CLONE_PTRACE | kNamespaces;

Result<void> check(const CloneRequest& request) {
    const u64 flags = request.flags;
    if (flags & kUnknown) return Error{EINVAL};
    if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM)) return Error{EINVAL};
    if ((flags & CLONE_THREAD) && (flags & kThreadFlags) != kThreadFlags) return Error{EINVAL};
    if ((flags & CLONE_SIGHAND) && (flags & CLONE_CLEAR_SIGHAND)) return Error{EINVAL};
    if (request.exit_signal != 0 && !is_signal(request.exit_signal)) return Error{EINVAL};
    return {};
}

Result<u32> new_id() {
    TreeGuard tree;
    return processes::free_id(tree);
}

/// A thread of `process` that goes to ring 3 as the caller will, but with 0 as the result.
Result<Owned<Task>> make_task(Ref<Process> process, u32 tid, const CloneRequest& request, const TrapFrame& frame) {
    Task& self = current_task();
    Owned<Task> task = TRY(Task::create(std::move(process), tid));
    {
        IrqOff irq_off;
        self.fpu->save();
    }
    task->fpu = TRY(self.fpu->clone());
    task->first_frame = frame;
    task->first_frame.rax = 0;
    if (request.stack) task->first_frame.rsp = request.stack;
    task->fs_base = (request.flags & CLONE_SETTLS) ? request.thread_pointer : self.fs_base;
    task->gs_base = self.gs_base;
    if (request.flags & CLONE_CHILD_SETTID) task->set_child_tid = request.child_tid;
    if (request.flags & CLONE_CHILD_CLEARTID) task->clear_child_tid = request.child_tid;
    task->signals.mask = self.signals.mask;
    // Who shares the memory must not run handlers on the same alternate stack.
    if (!(request.flags & CLONE_VM) || (request.flags & CLONE_VFORK)) task->signals.stack = self.signals.stack;
    task->space = task->process->space;
    task->allow_cores(self.allowed_cores());
    task->set_comm(self.comm);
    return task;
}

void copy_actions(Process& parent, Process& child, bool reset_handlers) {
    const auto actions = parent.signals.lock()->actions;
    auto signals = child.signals.lock();
    signals->actions = actions;
    if (!reset_handlers) return;
    for (SignalAction& action : signals->actions) {
        if (action.handler != SignalAction::kIgnore) action = {};
    }
}

/// A process that shares or copies what the request says; not in the tree yet.
Result<Ref<Process>> make_process(u32 pid, const CloneRequest& request) {
    Process& parent = current_process();
    Ref<ProcessGroup> group;
    {
        TreeGuard tree;
        group = parent.group;
    }
    Ref<Process> child = TRY(make_ref<Process>(pid, std::move(group)));
    child->space = (request.flags & CLONE_VM) ? parent.space : TRY(parent.space->fork());
    child->files = (request.flags & CLONE_FILES) ? parent.files : TRY(parent.files->clone());
    child->fs = (request.flags & CLONE_FS) ? parent.fs : TRY(parent.fs->clone());
    child->program = parent.program;
    TRY(child->command_line.append(parent.command_line.view()));
    child->limits = parent.limits;
    child->exit_signal = request.exit_signal;
    child->borrows_memory = request.flags & CLONE_VFORK;
    copy_actions(parent, *child, request.flags & CLONE_CLEAR_SIGHAND);
    return child;
}

/// Enters a thread into its process. The process is ending: nothing is added.
Result<void> join_process(Task& task) {
    auto signals = task.process->signals.lock();
    if (signals->exiting || signals->survivor) return Error{EAGAIN};
    signals->threads.push_back(task.signals);
    ++signals->thread_count;
    update_interrupted(*signals, task.signals);
    return {};
}

Result<u64> clone_thread(const CloneRequest& request, const TrapFrame& frame) {
    const u32 tid = TRY(new_id());
    Owned<Task> task = TRY(make_task(current_task().process, tid, request, frame));
    if (request.flags & CLONE_PARENT_SETTID) (void)UserPtr<u32>(request.parent_tid).write(tid).ok();
    TRY(join_process(*task));
    task.release()->start();
    return tid;
}

/// Enters the child into the tree, unless a signal waits: a signal to the whole group that came before must not miss the child.
Result<void> join_tree(Ref<Process> child, Task& task, const CloneRequest& request) {
    Process& self = current_process();
    TreeGuard tree;
    if (current_task().is_interrupted()) return Error{kRestartAlways};
    child->group = self.group;
    Process* parent = (request.flags & CLONE_PARENT) && self.parent ? self.parent : &self;
    if (request.flags & CLONE_PARENT) child->exit_signal = self.exit_signal;
    processes::insert(tree, child, parent);
    child->trace_entry.set(child->pid, child->space->tables().host_root(), task.comm);
    child->trace_entry.set_image(self.trace_entry.image());
    return join_process(task);
}

void wait_for_vfork_child(Process& child) {
    TreeGuard tree;
    while (child.borrows_memory) child.vfork_done.wait(tree, Sleep::Uninterruptible);
}

Result<u64> clone_process(const CloneRequest& request, const TrapFrame& frame) {
    // Memory is copied before the tree is locked; a fork that a signal waits for is not begun.
    if (current_task().is_interrupted()) return Error{kRestartAlways};
    const u32 pid = TRY(new_id());
    Ref<Process> child = TRY(make_process(pid, request));
    Owned<Task> task = TRY(make_task(child, pid, request, frame));
    if (request.flags & CLONE_PARENT_SETTID) (void)UserPtr<u32>(request.parent_tid).write(pid).ok();
    TRY(join_tree(child, *task, request));
    task.release()->start();
    if (request.flags & CLONE_VFORK) wait_for_vfork_child(*child);
    return pid;
}

}  // namespace

Result<u64> clone_current(const CloneRequest& request, const TrapFrame& frame) {
    TRY(check(request));
    return (request.flags & CLONE_THREAD) ? clone_thread(request, frame) : clone_process(request, frame);
}
