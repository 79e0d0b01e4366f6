// SPDX-License-Identifier: MIT
/// @file
/// @brief System calls: fork, clone, execve, exit and wait.
/// @chapter linux-interface
#include <linux/fcntl.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "fs/file_table.h"
#include "proc/clone.h"
#include "proc/exec.h"
#include "proc/exit.h"
#include "proc/process_tree.h"
#include "proc/wait.h"
#include "syscall/fs_calls.h"
#include "syscall/process_calls.h"
#include "syscall/time_convert.h"

namespace {

constexpr u64 kExitSignalMask = 0xff;
constexpr u64 kClone3FirstBytes = 64, kClone3MaxBytes = kPageBytes;

/// Reads a list of pointers to texts, closed by a null pointer, into one of the lists. A null list is an empty one.
Result<void> read_texts(ProgramArguments& arguments, Vec<String>& list, UserPtr<u64> pointers) {
    if (!pointers) return {};
    for (u64 i = 0;; ++i) {
        const u64 text = TRY((pointers + i).read());
        if (!text) return {};
        auto copied = string_from_user(VirtAddr(text), ProgramArguments::kMaxOne);
        if (!copied.ok()) return Error{copied.error().code == ENAMETOOLONG ? E2BIG : copied.error().code};
        TRY(arguments.add(list, copied.value().view()));
    }
}

Result<u64> execute_named(ProgramPath program, UserPtr<u64> arguments, UserPtr<u64> environment, TrapFrame& frame) {
    ProgramArguments texts;
    TRY(read_texts(texts, texts.arguments, arguments));
    TRY(read_texts(texts, texts.environment, environment));
    // Programs take their own name for granted.
    if (texts.arguments.empty()) TRY(texts.add(texts.arguments, ""));
    TRY(execute(program, std::move(texts), frame));
    return u64{0};
}

Result<WaitRequest> wait_request(int which, u32 id, int options) {
    WaitRequest request;
    switch (which) {
    case P_ALL: break;
    case P_PID: request.which = WaitRequest::Which::Pid; break;
    case P_PGID: request.which = WaitRequest::Which::Group; break;
    default: return Error{EINVAL};
    }
    request.id = id;
    request.stopped = options & WUNTRACED;
    request.continued = options & WCONTINUED;
    request.patience = options & WNOHANG ? WaitRequest::Patience::None : WaitRequest::Patience::Sleep;
    return request;
}

/// wait4's first argument: a child, any child of a group, any child, or any child of the caller's group.
Result<WaitRequest> wait4_request(i32 pid, int options) {
    if (pid > 0) return wait_request(P_PID, static_cast<u32>(pid), options);
    if (pid == -1) return wait_request(P_ALL, 0, options);
    if (pid == INT32_MIN) return Error{ESRCH};
    TreeGuard tree;
    const u32 group = pid == 0 ? current_process().group_id() : static_cast<u32>(-pid);
    return wait_request(P_PGID, group, options);
}

/// A change as waitid tells it.
UserSignalInfo info_of_change(const ChildChange& change) {
    SignalInfo info{.number = kSigChld, .form = SignalInfo::Form::Child, .pid = change.pid};
    if (change.status == kWaitStatusContinued) {
        info.code = signal_code::kChildContinued, info.status = kSigCont;
    } else if ((change.status & 0xff) == 0x7f) {
        info.code = signal_code::kChildStopped, info.status = change.status >> 8;
    } else if (change.status & 0x7f) {
        info.code = signal_code::kChildKilled, info.status = change.status & 0x7f;
    } else {
        info.code = signal_code::kChildExited, info.status = change.status >> 8;
    }
    return encode_signal_info(info);
}

}  // namespace

Result<u64> sys_fork(const SyscallArgs& args) { return clone_current({.exit_signal = kSigChld}, args.frame); }

Result<u64> sys_vfork(const SyscallArgs& args) {
    return clone_current({.flags = CLONE_VM | CLONE_VFORK, .exit_signal = kSigChld}, args.frame);
}

Result<u64> sys_clone(const SyscallArgs& args) {
    return clone_current({.flags = (args.a[0] & 0xffff'ffff) & ~kExitSignalMask,
                          .exit_signal = static_cast<int>(args.a[0] & kExitSignalMask),
                          .stack = args.a[1],
                          .parent_tid = args.a[2],
                          .child_tid = args.a[3],
                          .thread_pointer = args.a[4]},
                         args.frame);
}

Result<u64> sys_clone3(const SyscallArgs& args) {
    const u64 bytes = args.a[1];
    if (bytes < kClone3FirstBytes) return Error{EINVAL};
    if (bytes > kClone3MaxBytes) return Error{E2BIG};
    clone_args given{};
    TRY(copy_from_user(&given, VirtAddr(args.a[0]), bytes < sizeof(given) ? bytes : sizeof(given)));
    if (given.set_tid_size || (given.flags & kExitSignalMask) || !given.stack != !given.stack_size)
        return Error{EINVAL};
    return clone_current({.flags = given.flags,
                          .exit_signal = static_cast<int>(given.exit_signal & kExitSignalMask),
                          .stack = given.stack ? given.stack + given.stack_size : 0,
                          .parent_tid = given.parent_tid,
                          .child_tid = given.child_tid,
                          .thread_pointer = given.tls},
                         args.frame);
}

Result<u64> sys_execve(const SyscallArgs& args) {
    const String path = TRY(path_from_user(args.a[0]));
    return execute_named({.from = current_fs().walk_from(), .path = path.view()}, args.pointer<u64>(1),
                         args.pointer<u64>(2), args.frame);
}

Result<u64> sys_execveat(const SyscallArgs& args) {
    const String path = TRY(path_from_user(args.a[1]));
    const u64 flags = args.a[4];
    if (flags & ~u64{AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW}) return Error{EINVAL};
    ProgramPath program{.from = current_fs().walk_from(), .path = path.view()};
    if (flags & AT_SYMLINK_NOFOLLOW) program.last = LastLink::Keep;
    char name[32];
    BufferSink sink(name);
    if (path.empty() && (flags & AT_EMPTY_PATH)) {
        program.opened = TRY(current_files().any(args.fd(0)));
        print(sink, "/dev/fd/", args.fd(0));
        program.path = sink.view();
    } else {
        program.from = TRY(walk_from_fd(args.fd(0)));
    }
    return execute_named(program, args.pointer<u64>(2), args.pointer<u64>(3), args.frame);
}

Result<u64> sys_exit(const SyscallArgs& args) { end_current_task(wait_status_of_exit(static_cast<int>(args.a[0]))); }

Result<u64> sys_exit_group(const SyscallArgs& args) {
    end_current_process(wait_status_of_exit(static_cast<int>(args.a[0])));
}

Result<u64> sys_wait4(const SyscallArgs& args) {
    const int options = static_cast<int>(args.a[2]);
    if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | static_cast<int>(__WALL | __WCLONE | __WNOTHREAD)))
        return Error{EINVAL};
    const WaitRequest request = TRY(wait4_request(static_cast<i32>(args.a[0]), options));
    const ChildChange change = TRY(wait_for_child(request));
    if (change.pid == 0) return u64{0};
    if (args.a[1]) TRY(args.pointer<i32>(1).write(change.status));
    if (args.a[3]) TRY(args.pointer<UserResourceUse>(3).write(to_user(change.use)));
    return change.pid;
}

Result<u64> sys_waitid(const SyscallArgs& args) {
    const int options = static_cast<int>(args.a[3]);
    constexpr int kWhat = WEXITED | WSTOPPED | WCONTINUED;
    if (!(options & kWhat) ||
        (options & ~(kWhat | WNOHANG | WNOWAIT | static_cast<int>(__WALL | __WCLONE | __WNOTHREAD)))) {
        return Error{EINVAL};
    }
    WaitRequest request = TRY(wait_request(static_cast<int>(args.a[0]), static_cast<u32>(args.a[1]), options));
    request.exited = options & WEXITED;
    request.keep = options & WNOWAIT;
    if (args.a[0] == P_PGID && request.id == 0) {
        TreeGuard tree;
        request.id = current_process().group_id();
    }
    const ChildChange change = TRY(wait_for_child(request));
    if (args.a[2]) TRY(args.pointer<UserSignalInfo>(2).write(change.pid ? info_of_change(change) : UserSignalInfo{}));
    if (args.a[4] && change.pid) TRY(args.pointer<UserResourceUse>(4).write(to_user(change.use)));
    return u64{0};
}
