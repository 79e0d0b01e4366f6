// SPDX-License-Identifier: MIT
/// @file
/// @brief System calls: resource limits and what was used.
/// @chapter linux-interface
#include "fs/file_table.h"
#include "proc/process_tree.h"
#include "proc/signal_send.h"
#include "proc/usage.h"
#include "syscall/system_calls.h"
#include "syscall/time_convert.h"

namespace {

Result<Resource> resource_of(u64 number) {
    if (number >= kResources) return Error{EINVAL};
    return static_cast<Resource>(number);
}

Result<void> set_limit(Process& process, Resource resource, const ResourceLimit& wanted) {
    if (wanted.current > wanted.maximum) return Error{EINVAL};
    if (resource == Resource::OpenFiles) {
        if (wanted.maximum > FileTable::kLimit) return Error{EPERM};
        TreeGuard tree;
        if (process.files) process.files->set_limit(static_cast<int>(wanted.current));
    }
    process.limits.at(resource) = wanted;
    return {};
}

/// The process with this number; 0 is the caller. ESRCH.
Result<Ref<Process>> process_with(u64 pid) {
    if (pid == 0) return current_task().process;
    Ref<Process> process = processes::get(static_cast<u32>(pid));
    if (!process) return Error{ESRCH};
    return process;
}

}  // namespace

Result<u64> sys_getrlimit(const SyscallArgs& args) {
    const Resource resource = TRY(resource_of(args.a[0]));
    TRY(args.pointer<ResourceLimit>(1).write(current_process().limits.at(resource)));
    return u64{0};
}

Result<u64> sys_setrlimit(const SyscallArgs& args) {
    const Resource resource = TRY(resource_of(args.a[0]));
    const ResourceLimit wanted = TRY(args.pointer<ResourceLimit>(1).read());
    TRY(set_limit(current_process(), resource, wanted));
    return u64{0};
}

Result<u64> sys_prlimit64(const SyscallArgs& args) {
    const Ref<Process> process = TRY(process_with(args.a[0]));
    const Resource resource = TRY(resource_of(args.a[1]));
    const ResourceLimit old = process->limits.at(resource);
    if (args.a[2]) {
        const ResourceLimit wanted = TRY(args.pointer<ResourceLimit>(2).read());
        TRY(set_limit(*process, resource, wanted));
    }
    if (args.a[3]) TRY(args.pointer<ResourceLimit>(3).write(old));
    return u64{0};
}

Result<u64> sys_getrusage(const SyscallArgs& args) {
    constexpr i32 kSelf = 0, kChildren = -1, kThread = 1;
    ResourceUse use;
    switch (static_cast<i32>(args.a[0])) {
    case kSelf: use = use_of_process(current_process()); break;
    case kThread: use = use_of_task(current_task()); break;
    case kChildren: {
        TreeGuard tree;
        use = current_process().children_use;
        break;
    }
    default: return Error{EINVAL};
    }
    TRY(args.pointer<UserResourceUse>(1).write(to_user(use)));
    return u64{0};
}

Result<u64> sys_times(const SyscallArgs& args) {
    struct Times {
        i64 user, system, children_user, children_system;
    };
    if (args.a[0]) {
        const ResourceUse own = use_of_process(current_process());
        ResourceUse children;
        {
            TreeGuard tree;
            children = current_process().children_use;
        }
        const auto ticks = [](u64 ns) { return static_cast<i64>(ns / kNsPerTick); };
        TRY(args.pointer<Times>(0).write(
            {ticks(own.user_ns), ticks(own.system_ns), ticks(children.user_ns), ticks(children.system_ns)}));
    }
    return Clock::now().ns / kNsPerTick;
}
