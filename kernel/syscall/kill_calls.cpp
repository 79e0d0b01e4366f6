// SPDX-License-Identifier: MIT
/// @file
/// @brief System calls that send signals.
/// @chapter signals
#include "proc/process_tree.h"
#include "proc/signal_send.h"
#include "syscall/signal_calls.h"

namespace {

SignalInfo from_current(int signal, int code) {
    return {.number = signal, .code = code, .form = SignalInfo::Form::Sender, .pid = current_process().pid};
}

/// Every process but process 1 and the caller.
Result<u64> kill_everybody(const SignalInfo& info) {
    TreeGuard tree;
    bool any = false;
    for (Process* process = processes::first(tree); process; process = processes::next(tree, *process)) {
        if (process->pid == 1 || process == &current_process()) continue;
        any = true;
        (void)send_signal(tree, *process, nullptr, info).ok();
    }
    if (!any) return Error{ESRCH};
    return u64{0};
}

Result<u64> kill_group(u32 group, const SignalInfo& info) {
    TRY(signal_group(group, info));
    return u64{0};
}

/// Sends to a thread, of the process `tgid` where that is not 0.
Result<u64> kill_thread(u32 tgid, u32 tid, const SignalInfo& info) {
    TreeGuard tree;
    Task* task = processes::find_task(tree, tid);
    if (!task || (tgid && task->process->pid != tgid)) return Error{ESRCH};
    TRY(send_signal(tree, *task->process, task, info));
    return u64{0};
}

/// What a program may claim about a signal that it sends: nothing that the kernel says, except to itself.
Result<SignalInfo> claimed_info(const SyscallArgs& args, unsigned argument, int signal, u32 target) {
    if (signal < 0 || signal > kSignals) return Error{EINVAL};
    const UserSignalInfo user = TRY(args.pointer<UserSignalInfo>(argument).read());
    const bool kernel_like = user.code >= 0 || user.code == signal_code::kThread;
    if (kernel_like && target != current_process().pid) return Error{EPERM};
    return decode_signal_info(signal, user);
}

}  // namespace

Result<u64> sys_kill(const SyscallArgs& args) {
    const i32 pid = static_cast<i32>(args.a[0]);
    const int signal = static_cast<int>(args.a[1]);
    if (signal < 0 || signal > kSignals) return Error{EINVAL};
    const SignalInfo info = from_current(signal, signal_code::kUser);
    if (pid == -1) return kill_everybody(info);
    if (pid == INT32_MIN) return Error{ESRCH};
    if (pid < 0) return kill_group(static_cast<u32>(-pid), info);
    u32 group = 0;
    {
        TreeGuard tree;
        if (pid > 0) {
            Process* process = processes::find(tree, static_cast<u32>(pid));
            if (!process) return Error{ESRCH};
            TRY(send_signal(tree, *process, nullptr, info));
            return u64{0};
        }
        group = current_process().group_id();
    }
    return kill_group(group, info);
}

Result<u64> sys_tkill(const SyscallArgs& args) {
    const int signal = static_cast<int>(args.a[1]);
    if (signal < 0 || signal > kSignals || static_cast<i32>(args.a[0]) <= 0) return Error{EINVAL};
    return kill_thread(0, static_cast<u32>(args.a[0]), from_current(signal, signal_code::kThread));
}

Result<u64> sys_tgkill(const SyscallArgs& args) {
    const int signal = static_cast<int>(args.a[2]);
    const i32 tgid = static_cast<i32>(args.a[0]), tid = static_cast<i32>(args.a[1]);
    if (signal < 0 || signal > kSignals || tgid <= 0 || tid <= 0) return Error{EINVAL};
    return kill_thread(static_cast<u32>(tgid), static_cast<u32>(tid), from_current(signal, signal_code::kThread));
}

Result<u64> sys_rt_sigqueueinfo(const SyscallArgs& args) {
    const u32 pid = static_cast<u32>(args.a[0]);
    const SignalInfo info = TRY(claimed_info(args, 2, static_cast<int>(args.a[1]), pid));
    TreeGuard tree;
    Process* process = processes::find(tree, pid);
    if (!process) return Error{ESRCH};
    TRY(send_signal(tree, *process, nullptr, info));
    return u64{0};
}

Result<u64> sys_rt_tgsigqueueinfo(const SyscallArgs& args) {
    const u32 tgid = static_cast<u32>(args.a[0]);
    const SignalInfo info = TRY(claimed_info(args, 3, static_cast<int>(args.a[2]), tgid));
    return kill_thread(tgid, static_cast<u32>(args.a[1]), info);
}
