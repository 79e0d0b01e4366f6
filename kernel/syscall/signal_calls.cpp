// SPDX-License-Identifier: MIT
/// @file
/// @brief System calls: actions, masks, waiting for signals, and the way back from a handler.
/// @chapter signals
#include "syscall/signal_calls.h"

#include "proc/process_tree.h"
#include "proc/signal_frame.h"
#include "proc/signal_send.h"
#include "syscall/time_convert.h"

namespace {

constexpr u64 kSetBytes = sizeof(SignalSet);
constexpr u64 kMinStackBytes = 2048;
constexpr u32 kAutoDisarm = 1U << 31;

/// Numbers of rt_sigprocmask.
enum class MaskChange : u64 { Block = 0, Unblock = 1, Set = 2 };

Result<SignalSet> changed_mask(SignalSet old, u64 how, SignalSet given) {
    switch (static_cast<MaskChange>(how)) {
    case MaskChange::Block: return old | given;
    case MaskChange::Unblock: return old.without(given);
    case MaskChange::Set: return given;
    }
    return Error{EINVAL};
}

SignalSet current_mask(Task& task) {
    auto signals = task.process->signals.lock();
    return task.signals.mask;
}

/// A new action that ignores a signal also forgets the instances that wait.
void set_action(Process& process, int signal, const SignalAction& action) {
    auto signals = process.signals.lock();
    SignalAction& place = signals->action(signal);
    place = action;
    place.mask = action.mask.without(SignalSet::unblockable());
    if (!signals->is_ignored(signal)) return;
    signals->pending.discard(SignalSet::of(signal));
    for (TaskSignals& member : signals->threads) {
        member.pending.discard(SignalSet::of(signal));
        update_interrupted(*signals, member);
    }
}

/// Takes a waiting signal of `wanted`, or notes what the thread waits for; number 0: none yet.
SignalInfo take_or_note(Task& task, SignalSet wanted) {
    auto signals = task.process->signals.lock();
    TaskSignals& own = task.signals;
    own.waited_for = {};
    for (PendingSignals* queue : {&own.pending, &signals->pending}) {
        if ((queue->set() & wanted).empty()) continue;
        const SignalInfo info = queue->take(wanted);
        update_interrupted(*signals, own);
        return info;
    }
    own.waited_for = wanted;
    return {};
}

Result<SignalInfo> wait_for_signal(Task& task, SignalSet wanted, Instant deadline) {
    for (;;) {
        const SignalInfo info = take_or_note(task, wanted);
        if (info.number) return info;
        const Wake why = Thread::park(Sleep::Interruptible, deadline);
        if (why == Wake::Event) continue;
        const SignalInfo late = take_or_note(task, wanted);
        auto signals = task.process->signals.lock();
        task.signals.waited_for = {};
        if (late.number) return late;
        return Error{why == Wake::Deadline ? EAGAIN : EINTR};
    }
}

Result<void> set_stack(Task& task, const SignalStack& wanted, u64 stack_pointer) {
    if (task.signals.stack.holds(stack_pointer)) return Error{EPERM};
    const u32 mode = wanted.flags & ~kAutoDisarm;
    if (mode != 0 && mode != SignalStack::kOnStack && mode != SignalStack::kDisabled) return Error{EINVAL};
    if (mode == SignalStack::kDisabled) {
        task.signals.stack = {};
        return {};
    }
    if (wanted.bytes < kMinStackBytes) return Error{ENOMEM};
    task.signals.stack = {wanted.base, 0, 0, wanted.bytes};
    return {};
}

}  // namespace

Result<u64> sys_rt_sigaction(const SyscallArgs& args) {
    const int signal = static_cast<int>(args.a[0]);
    if (args.a[3] != kSetBytes || !is_signal(signal)) return Error{EINVAL};
    Process& process = current_process();
    SignalAction action;
    if (args.a[1]) {
        if (SignalSet::unblockable().has(signal)) return Error{EINVAL};
        action = TRY(args.pointer<SignalAction>(1).read());
    }
    const SignalAction old = process.signals.lock()->action(signal);
    if (args.a[1]) set_action(process, signal, action);
    if (args.a[2]) TRY(args.pointer<SignalAction>(2).write(old));
    return u64{0};
}

Result<u64> sys_rt_sigprocmask(const SyscallArgs& args) {
    if (args.a[3] != kSetBytes) return Error{EINVAL};
    Task& task = current_task();
    const SignalSet old = current_mask(task);
    if (args.a[1]) {
        const SignalSet given = TRY(args.pointer<SignalSet>(1).read());
        set_signal_mask(task, TRY(changed_mask(old, args.a[0], given)));
    }
    if (args.a[2]) TRY(args.pointer<SignalSet>(2).write(old));
    return u64{0};
}

Result<u64> sys_rt_sigpending(const SyscallArgs& args) {
    if (args.a[1] > kSetBytes) return Error{EINVAL};
    Task& task = current_task();
    SignalSet pending;
    {
        auto signals = task.process->signals.lock();
        pending = (signals->pending.set() | task.signals.pending.set()) & task.signals.mask;
    }
    TRY(copy_to_user(VirtAddr(args.a[0]), &pending, args.a[1]));
    return u64{0};
}

Result<u64> sys_rt_sigsuspend(const SyscallArgs& args) {
    if (!args.a[0]) return Error{EFAULT};
    TRY(set_temporary_mask(args.a[0], args.a[1]));
    while (Thread::park(Sleep::Interruptible) != Wake::Interrupted) {}
    return Error{EINTR};
}

Result<u64> sys_pause(const SyscallArgs&) {
    while (Thread::park(Sleep::Interruptible) != Wake::Interrupted) {}
    return Error{EINTR};
}

Result<u64> sys_rt_sigtimedwait(const SyscallArgs& args) {
    if (args.a[3] != kSetBytes) return Error{EINVAL};
    const SignalSet wanted = TRY(args.pointer<SignalSet>(0).read()).without(SignalSet::unblockable());
    Task& task = current_task();
    Instant deadline = kNever;
    if (args.a[2]) {
        const UserTimespec timeout = TRY(args.pointer<UserTimespec>(2).read());
        deadline = task.call_deadline(TRY(ns_from_timespec(timeout)));
    }
    const SignalInfo info = TRY(wait_for_signal(task, wanted, deadline));
    if (args.a[1]) TRY(args.pointer<UserSignalInfo>(1).write(encode_signal_info(info)));
    return static_cast<u64>(info.number);
}

Result<u64> sys_rt_sigreturn(const SyscallArgs& args) {
    // What is wrong with the frame is told as a fault of the handler's return.
    if (!pop_signal_frame(current_task(), args.frame).ok()) {
        force_signal(SignalInfo::fault(kSigSegv, signal_code::kKernel, VirtAddr(0)));
    }
    return args.frame.rax;
}

Result<u64> sys_sigaltstack(const SyscallArgs& args) {
    Task& task = current_task();
    SignalStack old = task.signals.stack;
    if (old.enabled()) old.flags = old.holds(args.frame.rsp) ? SignalStack::kOnStack : 0;
    if (args.a[0]) {
        const SignalStack wanted = TRY(args.pointer<SignalStack>(0).read());
        TRY(set_stack(task, wanted, args.frame.rsp));
    }
    if (args.a[1]) TRY(args.pointer<SignalStack>(1).write(old));
    return u64{0};
}
