// SPDX-License-Identifier: MIT
/// @file
/// @brief How a signal reaches a thread, a process or a group.
/// @chapter signals
///
/// Every sender holds the tree's lock and then the receiver's signal lock, so a signal to a group is one event: no member
/// can fork, stop or change its group in the middle of it.
#include "proc/signal_send.h"

#include "mm/user_memory.h"
#include "proc/exit.h"

namespace {

constexpr SignalSet kStopSignals = SignalSet::of(kSigStop, kSigTstp, kSigTtin, kSigTtou);

void discard_everywhere(ProcessSignals& signals, SignalSet unwanted) {
    signals.pending.discard(unwanted);
    for (TaskSignals& member : signals.threads) member.pending.discard(unwanted);
}

/// Whether the signal does nothing and need not be kept: nobody handles it, nobody holds it back, nobody waits for it.
bool is_lost(Process& process, ProcessSignals& signals, const TaskSignals* target, int signal) {
    const bool is_protected = process.pid == 1 && signals.action(signal).handler == SignalAction::kDefault;
    if (!signals.is_ignored(signal) && !is_protected) return false;
    for (const TaskSignals& member : signals.threads) {
        if (target && target != &member) continue;
        if (member.mask.has(signal) || member.waited_for.has(signal)) return false;
    }
    return true;
}

/// Wakes the thread that will take the signal: the target, else the first that lets it through, else one that waits for it.
void wake_receiver(ProcessSignals& signals, TaskSignals* target, int signal) {
    TaskSignals* chosen = target;
    for (TaskSignals& member : signals.threads) {
        if (member.waited_for.has(signal) && (!target || target == &member)) member.task->unpark();
        if (!chosen && !member.mask.has(signal)) chosen = &member;
    }
    if (chosen) update_interrupted(signals, *chosen);
}

/// What the mere sending does, whether or not the signal is blocked or ignored. True: the process was stopped and goes on.
bool side_effects(Process& process, ProcessSignals& signals, int signal) {
    if (kStopSignals.has(signal)) discard_everywhere(signals, SignalSet::of(kSigCont));
    if (signal != kSigCont) return false;
    discard_everywhere(signals, kStopSignals);
    ++signals.continues;
    if (!std::exchange(signals.stopped, false)) return false;
    process.resumed.wake_all();
    return true;
}

}  // namespace

void update_interrupted(ProcessSignals& signals, TaskSignals& member) {
    const bool must_end = signals.exiting || (signals.survivor && signals.survivor != member.task);
    const SignalSet ready = (member.pending.set() | signals.pending.set()).without(member.mask);
    const bool waiting = must_end || signals.stopped || !ready.empty();
    if (waiting || member.task->is_interrupted()) member.task->set_interrupted(waiting);
}

void begin_group_exit(Process& process, ProcessSignals& signals, int wait_status) {
    if (std::exchange(signals.exiting, true)) return;
    signals.exit_status = wait_status;
    signals.stopped = false;
    process.resumed.wake_all();
    for (TaskSignals& member : signals.threads) update_interrupted(signals, member);
}

Result<void> send_signal(const TreeGuard& tree, Process& process, Task* target, const SignalInfo& info) {
    if (process.life == Process::Life::Zombie || info.number == 0) return {};
    bool continued = false;
    {
        auto signals = process.signals.lock();
        TaskSignals* member = target ? &target->signals : nullptr;
        continued = side_effects(process, *signals, info.number);
        if (!is_lost(process, *signals, member, info.number)) {
            TRY((member ? member->pending : signals->pending).add(info));
            if (info.number == kSigKill) {
                begin_group_exit(process, *signals, wait_status_of_signal(kSigKill));
            } else {
                wake_receiver(*signals, member, info.number);
            }
        }
    }
    if (continued) report_continued(tree, process);
    return {};
}

void notify_parent(const TreeGuard& tree, Process& child, int code, int status) {
    Process* parent = child.parent;
    if (!parent) return;
    const bool ended = code == signal_code::kChildExited || code == signal_code::kChildKilled;
    const int signal = ended ? child.exit_signal : kSigChld;
    const bool unwanted = !ended && (parent->signals.lock()->action(kSigChld).flags & SignalAction::kNoChildStop);
    if (signal != 0 && !unwanted) {
        const SignalInfo info{.number = signal,
                              .code = code,
                              .form = SignalInfo::Form::Child,
                              .pid = child.pid,
                              .status = status,
                              .user_ticks = child.ended_threads_use.user_ns / kNsPerTick,
                              .system_ticks = child.ended_threads_use.system_ns / kNsPerTick};
        (void)send_signal(tree, *parent, nullptr, info).ok();
    }
    parent->child_changed.wake_all();
}

void report_stopped(const TreeGuard& tree, Process& process, int signal) {
    process.stop_unreported = signal;
    process.continue_unreported = false;
    notify_parent(tree, process, signal_code::kChildStopped, signal);
}

void report_continued(const TreeGuard& tree, Process& process) {
    process.continue_unreported = true;
    process.stop_unreported = 0;
    notify_parent(tree, process, signal_code::kChildContinued, kSigCont);
}

void signal_current(const SignalInfo& info) {
    Task& task = current_task();
    TreeGuard tree;
    // Without memory for a queued signal nothing can be told to anybody.
    (void)send_signal(tree, *task.process, &task, info).ok();
}

void signal_current(int signal) { signal_current(SignalInfo::kernel(signal)); }

void force_signal(const SignalInfo& info) {
    Task& task = current_task();
    TreeGuard tree;
    auto signals = task.process->signals.lock();
    SignalAction& action = signals->action(info.number);
    // A fault cannot wait, and its instruction cannot be gone past: who blocks or ignores it gets what the signal does by itself.
    if (task.signals.mask.has(info.number) || action.handler == SignalAction::kIgnore) {
        action.handler = SignalAction::kDefault;
        task.signals.mask.remove(info.number);
    }
    (void)task.signals.pending.add(info).ok();
    update_interrupted(*signals, task.signals);
}

Result<void> signal_process(Process& process, const SignalInfo& info) {
    TreeGuard tree;
    return send_signal(tree, process, nullptr, info);
}

Result<void> signal_task(Task& task, const SignalInfo& info) {
    TreeGuard tree;
    return send_signal(tree, *task.process, &task, info);
}

Result<void> signal_group(u32 group, const SignalInfo& info) {
    TreeGuard tree;
    bool any = false;
    for (Process* process = processes::first(tree); process; process = processes::next(tree, *process)) {
        if (process->group_id() != group) continue;
        any = true;
        TRY(send_signal(tree, *process, nullptr, info));
    }
    if (!any) return Error{ESRCH};
    return {};
}

bool current_ignores(int signal) {
    Task& task = current_task();
    auto signals = task.process->signals.lock();
    return task.signals.mask.has(signal) || signals->action(signal).handler == SignalAction::kIgnore;
}

bool current_has_signal() { return current_task().is_interrupted(); }

SignalSet set_signal_mask(Task& task, SignalSet mask) {
    auto signals = task.process->signals.lock();
    const SignalSet old = task.signals.mask;
    task.signals.mask = mask.without(SignalSet::unblockable());
    update_interrupted(*signals, task.signals);
    return old;
}

Result<void> set_temporary_mask(u64 user_pointer, u64 size) {
    if (!user_pointer) return {};
    if (size != sizeof(SignalSet)) return Error{EINVAL};
    const SignalSet mask = TRY(UserPtr<SignalSet>(user_pointer).read());
    Task& task = current_task();
    const SignalSet old = set_signal_mask(task, mask);
    auto signals = task.process->signals.lock();
    task.signals.saved_mask = old;
    task.signals.has_saved_mask = true;
    return {};
}

bool is_orphaned(const TreeGuard& tree, const ProcessGroup& group) {
    for (Process* process = processes::first(tree); process; process = processes::next(tree, *process)) {
        if (process->group.get() != &group || process->life == Process::Life::Zombie || !process->parent) continue;
        const ProcessGroup& parent_group = *process->parent->group;
        if (&parent_group != &group && parent_group.session == group.session) return false;
    }
    return true;
}
