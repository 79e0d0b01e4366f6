// SPDX-License-Identifier: MIT
/// @file
/// @brief System calls: what a thread asks for itself.
/// @chapter linux-interface
#include <asm/prctl.h>
#include <linux/prctl.h>

#include <algorithm>

#include "proc/process_tree.h"
#include "syscall/process_calls.h"
#include "x86/cpu.h"
#include "x86/instructions.h"
#include "x86/registers.h"

namespace {

constexpr u64 kRobustListBytes = 24;
constexpr usize kCommBytes = 16;

/// The thread with this number, 0 being the caller. ESRCH.
Result<Task*> find_thread(const TreeGuard& tree, u64 tid) {
    Task* task = tid == 0 ? &current_task() : processes::find_task(tree, static_cast<u32>(tid));
    if (!task) return Error{ESRCH};
    return task;
}

Result<void> set_name(u64 address) {
    // At most 15 bytes count; longer names are cut.
    char name[kCommBytes] = {};
    const VirtAddr from(address);
    for (usize i = 0; i + 1 < sizeof(name); ++i) {
        TRY(copy_from_user(&name[i], from + i, 1));
        if (!name[i]) break;
    }
    TreeGuard tree;
    Task& task = current_task();
    task.set_comm(name);
    Process& process = *task.process;
    if (task.tid == process.pid) process.trace_entry.set(process.pid, process.space->tables().host_root(), name);
    return {};
}

}  // namespace

Result<u64> sys_arch_prctl(const SyscallArgs& args) {
    Task& task = current_task();
    const u64 value = args.a[1];
    const auto set = [&](u64& base, u32 msr) -> Result<u64> {
        if (value >= kUserEnd.raw) return Error{EPERM};
        IrqOff irq_off;
        base = value;
        x86::wrmsr(msr, value);
        return u64{0};
    };
    switch (args.a[0]) {
    case ARCH_SET_FS: return set(task.fs_base, Msr::kFsBase);
    case ARCH_SET_GS: return set(task.gs_base, Msr::kKernelGsBase);
    case ARCH_GET_FS: TRY(args.pointer<u64>(1).write(task.fs_base)); return u64{0};
    case ARCH_GET_GS: TRY(args.pointer<u64>(1).write(task.gs_base)); return u64{0};
    default: return Error{EINVAL};
    }
}

Result<u64> sys_prctl(const SyscallArgs& args) {
    Process& process = current_process();
    switch (args.a[0]) {
    case PR_SET_NAME: TRY(set_name(args.a[1])); return u64{0};
    case PR_GET_NAME: TRY(copy_to_user(VirtAddr(args.a[1]), current_task().comm, kCommBytes)); return u64{0};
    case PR_SET_PDEATHSIG: {
        if (args.a[1] != 0 && !is_signal(static_cast<int>(args.a[1]))) return Error{EINVAL};
        TreeGuard tree;
        process.parent_death_signal = static_cast<int>(args.a[1]);
        return u64{0};
    }
    case PR_GET_PDEATHSIG: TRY(args.pointer<i32>(1).write(process.parent_death_signal)); return u64{0};
    case PR_GET_DUMPABLE: return u64{1};
    case PR_SET_DUMPABLE: return args.a[1] <= 1 ? Result<u64>(u64{0}) : Result<u64>(Error{EINVAL});
    case PR_SET_NO_NEW_PRIVS: return u64{0};
    case PR_GET_NO_NEW_PRIVS: return u64{0};
    case PR_GET_SECCOMP: return u64{0};
    default: return Error{EINVAL};
    }
}

Result<u64> sys_set_tid_address(const SyscallArgs& args) {
    current_task().clear_child_tid = args.a[0];
    return current_task().tid;
}

Result<u64> sys_set_robust_list(const SyscallArgs& args) {
    if (args.a[1] != kRobustListBytes) return Error{EINVAL};
    current_task().robust_list = args.a[0];
    return u64{0};
}

Result<u64> sys_get_robust_list(const SyscallArgs& args) {
    u64 list = current_task().robust_list;
    if (args.a[0] != 0) {
        TreeGuard tree;
        Task* task = processes::find_task(tree, static_cast<u32>(args.a[0]));
        if (!task) return Error{ESRCH};
        list = task->robust_list;
    }
    TRY(args.pointer<u64>(1).write(list));
    TRY(args.pointer<u64>(2).write(kRobustListBytes));
    return u64{0};
}

Result<u64> sys_sched_yield(const SyscallArgs&) {
    sched::yield();
    return u64{0};
}

Result<u64> sys_sched_getaffinity(const SyscallArgs& args) {
    if (args.a[1] < sizeof(u64) || args.a[1] % sizeof(u64)) return Error{EINVAL};
    u64 mask;
    {
        TreeGuard tree;
        mask = TRY(find_thread(tree, args.a[0]))->allowed_cores() & online_cores();
    }
    TRY(args.pointer<u64>(2).write(mask));
    return sizeof(u64);
}

Result<u64> sys_sched_setaffinity(const SyscallArgs& args) {
    u64 mask = 0;
    TRY(copy_from_user(&mask, VirtAddr(args.a[2]), std::min(args.a[1], sizeof(mask))));
    const u32 cores = static_cast<u32>(mask) & online_cores();
    for (;; sched::yield()) {
        TreeGuard tree;
        Task* task = TRY(find_thread(tree, args.a[0]));
        if (!(cores & ~task->avoided_cores())) return Error{EINVAL};
        if (task->allow_cores(cores) == Thread::Placed::Done) return u64{0};
    }
}

Result<u64> sys_sched_getparam(const SyscallArgs& args) {
    {
        TreeGuard tree;
        TRY(find_thread(tree, args.a[0]));
    }
    TRY(args.pointer<i32>(1).write(0));
    return u64{0};
}

Result<u64> sys_sched_get_priority_limit(const SyscallArgs& args) {
    constexpr u64 kFifo = 1, kRoundRobin = 2;
    if (args.a[0] > 6 || args.a[0] == 4) return Error{EINVAL};
    const bool real_time = args.a[0] == kFifo || args.a[0] == kRoundRobin;
    constexpr u64 kSyscallMaximum = 146;
    if (!real_time) return u64{0};
    return args.frame.error == kSyscallMaximum ? u64{99} : u64{1};
}

/// Linux answers 20 minus the nice value.
Result<u64> sys_getpriority(const SyscallArgs&) { return u64{20}; }

Result<u64> sys_getcpu(const SyscallArgs& args) {
    u32 core;
    {
        IrqOff irq_off;
        core = this_cpu().index;
    }
    if (args.a[0]) TRY(args.pointer<u32>(0).write(core));
    if (args.a[1]) TRY(args.pointer<u32>(1).write(0));
    return u64{0};
}

Result<u64> sys_personality(const SyscallArgs&) { return u64{0}; }
