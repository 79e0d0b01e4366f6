// SPDX-License-Identifier: MIT
/// @file
/// @brief The end of threads and processes.
/// @chapter processes
#include "proc/exit.h"

#include "fs/file_table.h"
#include "fs/fs_context.h"
#include "lib/log.h"
#include "mm/user_memory.h"
#include "proc/futex.h"
#include "proc/process_tree.h"
#include "proc/signal_send.h"

namespace {

/// Takes the thread out of its process; true when it was the last.
bool leave_process(Task& task) {
    Process& process = *task.process;
    TreeGuard tree;
    process.ended_threads_use.add({.user_ns = task.run_time_ns(), .system_ns = 0, .faults = task.faults});
    memcpy(process.name, task.comm, sizeof(process.name));
    bool last = false;
    int stopped_by = 0;
    {
        auto signals = process.signals.lock();
        task.signals.link.unlink();
        last = --signals->thread_count == 0;
        // A signal that this thread was to take for the process is another's now, and a stop may have waited only for this one.
        for (TaskSignals& member : signals->threads) update_interrupted(*signals, member);
        if (!last && signals->stopped && signals->stopped_count == signals->thread_count)
            stopped_by = signals->stop_signal;
        process.thread_ended.wake_all();
    }
    if (stopped_by) report_stopped(tree, process, stopped_by);
    return last;
}

/// Everything that a process holds and that may sleep when it is let go.
struct Belongings {
    Ref<AddressSpace> space;
    Ref<FileTable> files;
    Ref<FsContext> fs;
    Ref<File> program;
    Owned<ThreadExtension> timer;
    Ref<Terminal> terminal;
    u32 session = 0;
};

void take_belongings(Process& process, Belongings& taken) {
    TreeGuard tree;
    taken.space = std::move(process.space);
    taken.files = std::move(process.files);
    taken.fs = std::move(process.fs);
    taken.program = std::move(process.program);
    taken.timer = std::move(process.interval_timer);
    process.borrows_memory = false;
    process.vfork_done.wake_all();
    if (process.session_id() != process.pid) return;
    taken.session = process.pid;
    taken.terminal = std::move(process.group->session->terminal);
}

/// A group that its member's exit, or its member's parent's, has orphaned must not stay stopped for ever. `parent` is the one
/// whose being in another group of the session kept the group from being orphaned.
void release_orphaned(const TreeGuard& tree, const Process& member, const Process& parent) {
    const ProcessGroup& group = *member.group;
    if (parent.group.get() == &group || parent.group->session != group.session || !is_orphaned(tree, group)) return;
    bool any_stopped = false;
    for (Process* process = processes::first(tree); process; process = processes::next(tree, *process)) {
        if (process->group.get() == &group && process->signals.lock()->stopped) any_stopped = true;
    }
    if (!any_stopped) return;
    for (const int signal : {int{kSigHup}, int{kSigCont}}) {
        for (Process* process = processes::first(tree); process; process = processes::next(tree, *process)) {
            if (process->group.get() != &group) continue;
            (void)send_signal(tree, *process, nullptr, SignalInfo::kernel(signal)).ok();
        }
    }
}

void give_children_away(const TreeGuard& tree, Process& process) {
    bool zombies = false;
    for (Process& child : process.children) {
        zombies |= child.life == Process::Life::Zombie;
        child.exit_signal = kSigChld;
        if (child.parent_death_signal) {
            (void)send_signal(tree, child, nullptr, {.number = child.parent_death_signal, .pid = process.pid}).ok();
        }
    }
    Process* first = process.children.front();
    processes::reparent_children(tree, process);
    Process& init = processes::init_process();
    if (zombies) {
        (void)send_signal(tree, init, nullptr, SignalInfo::kernel(kSigChld)).ok();
        init.child_changed.wake_all();
    }
    for (Process* child = first; child; child = init.children.next(*child)) release_orphaned(tree, *child, process);
}

/// Makes the process a zombie, or lets it vanish where its parent does not care for its children.
Ref<Process> announce_end(Process& process, int wait_status) {
    TreeGuard tree;
    give_children_away(tree, process);
    process.exit_status = wait_status;
    process.life = Process::Life::Zombie;
    if (process.parent) release_orphaned(tree, process, *process.parent);
    bool vanishes = false;
    if (Process* parent = process.parent) {
        auto signals = parent->signals.lock();
        const SignalAction& action = signals->action(kSigChld);
        vanishes = process.exit_signal == kSigChld &&
                   (action.handler == SignalAction::kIgnore || (action.flags & SignalAction::kNoChildWait));
    }
    const int signal = wait_status & 0x7f;
    notify_parent(tree, process, signal ? signal_code::kChildKilled : signal_code::kChildExited,
                  signal ? signal : wait_status >> 8);
    return vanishes ? processes::remove(tree, process) : Ref<Process>();
}

void end_process(Task& task, int wait_status) {
    Process& process = *task.process;
    {
        auto signals = process.signals.lock();
        if (!std::exchange(signals->exiting, true)) signals->exit_status = wait_status;
        wait_status = signals->exit_status;
    }
    if (process.pid == 1) PANIC("process 1 has ended; its wait status is", static_cast<u64>(wait_status));
    {
        Belongings belongings;
        take_belongings(process, belongings);
        if (belongings.terminal) belongings.terminal->session_ended(belongings.session);
        task.leave_space();
    }
    (void)announce_end(process, wait_status);
}

}  // namespace

void settle_futexes(Task& task) {
    if (task.robust_list) release_robust_list(task);
    if (!task.clear_child_tid) return;
    const VirtAddr word(task.clear_child_tid);
    // A bad address is the program's own affair.
    if (UserPtr<u32>(word).write(0).ok()) (void)futex_wake(word, FutexScope::Shared, 1, kFutexAnyBit).ok();
}

void end_current_task(int wait_status) {
    Task& task = current_task();
    Owned<ThreadExtension> extension;
    {
        // Others look at the extension with the tree's lock held; its end may sleep.
        TreeGuard tree;
        extension = std::move(task.extension);
    }
    extension.reset();
    settle_futexes(task);
    if (leave_process(task)) {
        end_process(task, wait_status);
    } else {
        task.leave_space();
    }
    Thread::exit();
}

void end_current_process(int wait_status) {
    Task& task = current_task();
    {
        auto signals = task.process->signals.lock();
        // Another thread replaces the program: it is the one that goes on, and this one was to end anyway.
        if (!signals->survivor) begin_group_exit(*task.process, *signals, wait_status);
    }
    end_current_task(wait_status);
}

bool end_other_threads() {
    Task& task = current_task();
    Process& process = *task.process;
    auto signals = process.signals.lock();
    if (signals->exiting || signals->survivor) return false;
    signals->survivor = &task;
    for (TaskSignals& member : signals->threads) update_interrupted(*signals, member);
    process.resumed.wake_all();
    while (signals->thread_count > 1) process.thread_ended.wait(signals.guard(), Sleep::Uninterruptible);
    signals->survivor = nullptr;
    update_interrupted(*signals, task.signals);
    return !signals->exiting;
}
