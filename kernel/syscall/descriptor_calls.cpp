// SPDX-License-Identifier: MIT
/// @file
/// @brief Descriptors: duplicating, flags, ioctl, and files that are made without a name.
/// @chapter linux-interface
#include <asm/ioctls.h>
#include <linux/fcntl.h>

#include "fs/nameless.h"
#include "fs/pipe.h"
#include "syscall/fs_calls.h"

static OnExec on_exec_from(u64 flags) { return flags & open_flag::kCloseOnExec ? OnExec::Close : OnExec::Keep; }

static Result<u64> add(Ref<File> file, u64 flags) {
    return static_cast<u64>(TRY(current_files().add(std::move(file), on_exec_from(flags))));
}

Result<u64> sys_dup(const SyscallArgs& args) {
    Ref<File> file = TRY(current_files().any(args.fd(0)));
    return add(std::move(file), 0);
}

Result<u64> sys_dup2(const SyscallArgs& args) {
    Ref<File> file = TRY(current_files().any(args.fd(0)));
    if (args.fd(0) == args.fd(1)) return static_cast<u64>(args.fd(1));
    return static_cast<u64>(TRY(current_files().set(args.fd(1), std::move(file), OnExec::Keep)));
}

Result<u64> sys_dup3(const SyscallArgs& args) {
    if (args.fd(0) == args.fd(1) || (args.a[2] & ~u64{open_flag::kCloseOnExec})) return Error{EINVAL};
    Ref<File> file = TRY(current_files().any(args.fd(0)));
    return static_cast<u64>(TRY(current_files().set(args.fd(1), std::move(file), on_exec_from(args.a[2]))));
}

static Result<u64> duplicate_from(const SyscallArgs& args, OnExec on_exec) {
    Ref<File> file = TRY(current_files().any(args.fd(0)));
    if (args.a[2] >= static_cast<u64>(FileTable::kLimit)) return Error{EINVAL};
    return static_cast<u64>(TRY(current_files().add(std::move(file), on_exec, args.fd(2))));
}

/// Nobody else can hold a record lock: the answer that a file is not locked.
static Result<u64> get_record_lock(u64 address) {
    const UserPtr<u16> type(address);
    TRY(type.write(F_UNLCK));
    return 0;
}

Result<u64> sys_fcntl(const SyscallArgs& args) {
    FileTable& files = current_files();
    const Ref<File> file = TRY(files.any(args.fd(0)));
    switch (args.a[1]) {
    case F_DUPFD: return duplicate_from(args, OnExec::Keep);
    case F_DUPFD_CLOEXEC: return duplicate_from(args, OnExec::Close);
    case F_GETFD: return TRY(files.on_exec(args.fd(0))) == OnExec::Close ? u64{FD_CLOEXEC} : u64{0};
    case F_SETFD: TRY(files.set_on_exec(args.fd(0), args.a[2] & FD_CLOEXEC ? OnExec::Close : OnExec::Keep)); return 0;
    case F_GETFL: return u64{file->flags()};
    case F_SETFL: {
        const u32 wanted = static_cast<u32>(args.a[2]) & open_flag::kChangeable;
        file->set_flags((file->flags() & ~open_flag::kChangeable) | wanted);
        return 0;
    }
    case F_GETLK: return get_record_lock(args.a[2]);
    case F_SETLK:
    case F_SETLKW:
    case F_SETOWN:
    case F_GETOWN: return 0;
    case F_SETPIPE_SZ:
    case F_GETPIPE_SZ:
        return file->inode().type() == FileType::Fifo ? Result<u64>(ByteRing::kBytes) : Result<u64>(Error{EBADF});
    default: return Error{EINVAL};
    }
}

/// Locks on whole files are advice, and one program at a time uses a file here: every lock is granted.
Result<u64> sys_flock(const SyscallArgs& args) {
    TRY(current_files().get(args.fd(0)));
    return 0;
}

static Result<u64> set_nonblocking(File& file, u64 address) {
    const i32 on = TRY(UserPtr<i32>(address).read());
    file.set_flags(on ? file.flags() | open_flag::kNonblock : file.flags() & ~open_flag::kNonblock);
    return 0;
}

/// Bytes from the position to the end of a regular file.
static Result<u64> bytes_ahead(File& file, u64 address) {
    const u64 position = TRY(file.seek(0, SeekFrom::Current));
    const u64 size = file.inode().size();
    TRY(UserPtr<i32>(address).write(static_cast<i32>(size > position ? size - position : 0)));
    return 0;
}

Result<u64> sys_ioctl(const SyscallArgs& args) {
    const Ref<File> file = TRY(current_files().get(args.fd(0)));
    const auto request = static_cast<u32>(args.a[1]);
    switch (request) {
    case FIOCLEX: TRY(current_files().set_on_exec(args.fd(0), OnExec::Close)); return 0;
    case FIONCLEX: TRY(current_files().set_on_exec(args.fd(0), OnExec::Keep)); return 0;
    case FIONBIO: return set_nonblocking(*file, args.a[2]);
    case FIONREAD:
        if (file->inode().type() == FileType::Regular && file->is_seekable()) return bytes_ahead(*file, args.a[2]);
        break;
    default: break;
    }
    return file->ioctl(request, args.a[2]);
}

/// memfd_create(name, flags): MFD_CLOEXEC (1) and MFD_ALLOW_SEALING (2, without effect).
Result<u64> sys_memfd_create(const SyscallArgs& args) {
    constexpr u64 kCloseOnExec = 1, kAllowSealing = 2;
    if (args.a[1] & ~(kCloseOnExec | kAllowSealing)) return Error{EINVAL};
    const String given = TRY(string_from_user(VirtAddr(args.a[0]), 249));
    String name = TRY(String::from("/memfd:"));
    TRY(name.append(given.view()));
    Ref<File> file = TRY(make_anonymous_file(name.view(), 0));
    return add(std::move(file), args.a[1] & kCloseOnExec ? open_flag::kCloseOnExec : 0);
}

static Result<u64> make_pipe_pair(u64 address, u64 flags) {
    if (flags & ~u64{open_flag::kNonblock | open_flag::kCloseOnExec | open_flag::kDirect}) return Error{EINVAL};
    PipeEnds ends = TRY(make_pipe(static_cast<u32>(flags) & (open_flag::kNonblock | open_flag::kDirect)));
    struct {
        i32 read, write;
    } fds{};
    FileTable& files = current_files();
    fds.read = TRY(files.add(std::move(ends.read), on_exec_from(flags)));
    const Result<int> write = files.add(std::move(ends.write), on_exec_from(flags));
    Result<void> done = write.ok() ? Result<void>() : Result<void>(write.error());
    if (write.ok()) {
        fds.write = write.value();
        done = copy_to_user(VirtAddr(address), &fds, sizeof(fds));
        if (!done.ok()) static_cast<void>(files.close(fds.write));
    }
    if (!done.ok()) {
        static_cast<void>(files.close(fds.read));
        return done.error();
    }
    return 0;
}

Result<u64> sys_pipe(const SyscallArgs& args) { return make_pipe_pair(args.a[0], 0); }
Result<u64> sys_pipe2(const SyscallArgs& args) { return make_pipe_pair(args.a[0], args.a[1]); }

/// eventfd2(initial, flags): EFD_SEMAPHORE is 1.
static Result<u64> make_event(u64 initial, u64 flags) {
    constexpr u64 kSemaphore = 1;
    if (flags & ~u64{kSemaphore | open_flag::kNonblock | open_flag::kCloseOnExec}) return Error{EINVAL};
    const EventMode mode = flags & kSemaphore ? EventMode::Semaphore : EventMode::Sum;
    Ref<File> file =
        TRY(make_event_file(static_cast<u32>(initial), mode, static_cast<u32>(flags) & open_flag::kNonblock));
    return add(std::move(file), flags);
}

Result<u64> sys_eventfd(const SyscallArgs& args) { return make_event(args.a[0], 0); }
Result<u64> sys_eventfd2(const SyscallArgs& args) { return make_event(args.a[0], args.a[1]); }
