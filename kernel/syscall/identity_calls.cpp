// SPDX-License-Identifier: MIT
/// @file
/// @brief System calls: numbers of processes, groups and sessions; users, who are all root.
/// @chapter linux-interface
#include "proc/process_tree.h"
#include "syscall/process_calls.h"

namespace {

/// The process with a number that a program gave: 0 is the caller. ESRCH.
Result<Process*> find_or_current(const TreeGuard& tree, u64 number) {
    if (number == 0) return &current_process();
    Process* process = processes::find(tree, static_cast<u32>(number));
    if (!process) return Error{ESRCH};
    return process;
}

/// The group with this number in the session of `of`, or a new one when the number is the process's own. EPERM.
Result<Ref<ProcessGroup>> group_for(const TreeGuard& tree, Process& of, u32 number) {
    if (Process* member = processes::find_group_member(tree, number)) {
        if (member->group->session == of.group->session) return member->group;
        return Error{EPERM};
    }
    if (number != of.pid) return Error{EPERM};
    return make_ref<ProcessGroup>(number, of.group->session);
}

}  // namespace

Result<u64> sys_getpid(const SyscallArgs&) { return current_process().pid; }
Result<u64> sys_gettid(const SyscallArgs&) { return current_task().tid; }

Result<u64> sys_getppid(const SyscallArgs&) {
    TreeGuard tree;
    return current_process().parent_id();
}

Result<u64> sys_getpgrp(const SyscallArgs&) {
    TreeGuard tree;
    return current_process().group_id();
}

Result<u64> sys_getpgid(const SyscallArgs& args) {
    TreeGuard tree;
    return TRY(find_or_current(tree, args.a[0]))->group_id();
}

Result<u64> sys_getsid(const SyscallArgs& args) {
    TreeGuard tree;
    return TRY(find_or_current(tree, args.a[0]))->session_id();
}

Result<u64> sys_setpgid(const SyscallArgs& args) {
    const i32 wanted = static_cast<i32>(args.a[1]);
    if (wanted < 0) return Error{EINVAL};
    Ref<ProcessGroup> old;  // let go after the lock
    TreeGuard tree;
    Process& self = current_process();
    Process& process = *TRY(find_or_current(tree, args.a[0]));
    if (&process != &self) {
        if (process.parent != &self) return Error{ESRCH};
        if (process.session_id() != self.session_id()) return Error{EPERM};
        if (process.has_executed) return Error{EACCES};
    }
    if (process.session_id() == process.pid) return Error{EPERM};
    const u32 number = wanted == 0 ? process.pid : static_cast<u32>(wanted);
    if (number == process.group_id()) return u64{0};
    old = TRY(group_for(tree, process, number));
    std::swap(process.group, old);
    return u64{0};
}

Result<u64> sys_setsid(const SyscallArgs&) {
    Process& self = current_process();
    Ref<Session> session = TRY(make_ref<Session>(self.pid));
    Ref<ProcessGroup> group = TRY(make_ref<ProcessGroup>(self.pid, std::move(session)));
    TreeGuard tree;
    if (processes::find_group_member(tree, self.pid)) return Error{EPERM};
    std::swap(self.group, group);  // the old one is let go after the lock
    return self.pid;
}

Result<u64> sys_zero(const SyscallArgs&) { return u64{0}; }

Result<u64> sys_getres_ids(const SyscallArgs& args) {
    for (unsigned i = 0; i < 3; ++i) TRY(args.pointer<u32>(i).write(0));
    return u64{0};
}

Result<u64> sys_capget(const SyscallArgs& args) {
    constexpr u32 kVersion3 = 0x2008'0522;
    struct Header {
        u32 version;
        i32 pid;
    };
    struct Data {
        u32 effective, permitted, inheritable;
    };
    const Header header = TRY(args.pointer<Header>(0).read());
    if (header.version != kVersion3) {
        TRY(args.pointer<u32>(0).write(kVersion3));
        return args.a[1] ? Result<u64>(Error{EINVAL}) : Result<u64>(u64{0});
    }
    if (!args.a[1]) return Error{EFAULT};
    // Root has them all: 41 capabilities in two words.
    const Data all[2] = {{~0U, ~0U, 0}, {0x1ff, 0x1ff, 0}};
    TRY(copy_to_user(VirtAddr(args.a[1]), all, sizeof(all)));
    return u64{0};
}
