// SPDX-License-Identifier: MIT
/// @file
/// @brief Opening, closing, positioning and sizing files.
/// @chapter linux-interface
#include <linux/fcntl.h>

#include "syscall/fs_calls.h"

static_assert(open_flag::kCreate == O_CREAT && open_flag::kExclusive == O_EXCL && open_flag::kTruncate == O_TRUNC);
static_assert(open_flag::kAppend == O_APPEND && open_flag::kNonblock == O_NONBLOCK && open_flag::kDirect == O_DIRECT);
static_assert(open_flag::kDirectory == O_DIRECTORY && open_flag::kNoFollow == O_NOFOLLOW && open_flag::kPath == O_PATH);
static_assert(open_flag::kCloseOnExec == O_CLOEXEC && open_flag::kTemporary == O_TMPFILE &&
              open_flag::kLargeFile == O_LARGEFILE);
static_assert(open_flag::kNoControllingTty == O_NOCTTY && open_flag::kNoAccessTime == O_NOATIME);

static Result<u64> open_at(int fd, u64 path, u32 flags, u64 mode) {
    const PathArgument argument = TRY(PathArgument::from(fd, path));
    const u32 permissions = static_cast<u32>(mode) & 07777 & ~current_fs().umask();
    if (!(flags & open_flag::kPath)) flags |= open_flag::kLargeFile;
    Ref<File> file = TRY(open_file(argument.start, argument.path.view(), flags, permissions));
    const OnExec on_exec = flags & open_flag::kCloseOnExec ? OnExec::Close : OnExec::Keep;
    return static_cast<u64>(TRY(current_files().add(std::move(file), on_exec)));
}

Result<u64> sys_open(const SyscallArgs& args) {
    return open_at(AT_FDCWD, args.a[0], static_cast<u32>(args.a[1]), args.a[2]);
}
Result<u64> sys_openat(const SyscallArgs& args) {
    return open_at(args.fd(0), args.a[1], static_cast<u32>(args.a[2]), args.a[3]);
}
Result<u64> sys_creat(const SyscallArgs& args) {
    return open_at(AT_FDCWD, args.a[0], O_CREAT | O_WRONLY | O_TRUNC, args.a[1]);
}

Result<u64> sys_close(const SyscallArgs& args) {
    TRY(current_files().close(args.fd(0)));
    return 0;
}

/// close_range(first, last, flags), with CLOSE_RANGE_CLOEXEC (4) marking instead of closing.
Result<u64> sys_close_range(const SyscallArgs& args) {
    constexpr u64 kMarkOnly = 4;
    const auto first = static_cast<u32>(args.a[0]), last = static_cast<u32>(args.a[1]);
    if (first > last || (args.a[2] & ~kMarkOnly)) return Error{EINVAL};
    if (first >= static_cast<u32>(FileTable::kLimit)) return 0;
    const int end = last < static_cast<u32>(FileTable::kLimit) ? static_cast<int>(last) : FileTable::kLimit - 1;
    FileTable& files = current_files();
    if (!(args.a[2] & kMarkOnly)) {
        files.close_range(static_cast<int>(first), end);
        return 0;
    }
    for (int fd = files.next_open(static_cast<int>(first)); fd >= 0 && fd <= end; fd = files.next_open(fd + 1)) {
        static_cast<void>(files.set_on_exec(fd, OnExec::Close));
    }
    return 0;
}

Result<u64> sys_lseek(const SyscallArgs& args) {
    const Ref<File> file = TRY(current_files().get(args.fd(0)));
    if (args.a[2] > static_cast<u64>(SeekFrom::Hole)) return Error{EINVAL};
    return file->seek(static_cast<i64>(args.a[1]), static_cast<SeekFrom>(args.a[2]));
}

Result<u64> sys_ftruncate(const SyscallArgs& args) {
    const Ref<File> file = TRY(current_files().get(args.fd(0)));
    if (!file->can_write() || static_cast<i64>(args.a[1]) < 0) return Error{EINVAL};
    TRY(file->truncate(args.a[1]));
    return 0;
}

Result<u64> sys_truncate(const SyscallArgs& args) {
    const Place place = TRY(place_argument(AT_FDCWD, args.a[0], 0));
    if (place.inode->is_directory()) return Error{EISDIR};
    if (static_cast<i64>(args.a[1]) < 0) return Error{EINVAL};
    TRY(place.inode->truncate(args.a[1]));
    return 0;
}

/// fallocate(fd, mode, offset, bytes): only the plain mode and FALLOC_FL_KEEP_SIZE (1). Pages are made when they are written.
Result<u64> sys_fallocate(const SyscallArgs& args) {
    constexpr u64 kKeepSize = 1;
    const Ref<File> file = TRY(current_files().get(args.fd(0)));
    if (!file->can_write()) return Error{EBADF};
    if (args.a[1] & ~kKeepSize) return Error{EOPNOTSUPP};
    i64 end = 0;
    const auto offset = static_cast<i64>(args.a[2]), bytes = static_cast<i64>(args.a[3]);
    if (offset < 0 || bytes <= 0) return Error{EINVAL};
    if (__builtin_add_overflow(offset, bytes, &end)) return Error{EFBIG};
    if (file->inode().type() != FileType::Regular) return Error{ENODEV};
    if (args.a[1] == 0 && static_cast<u64>(end) > file->inode().size()) TRY(file->truncate(static_cast<u64>(end)));
    return 0;
}

// Everything is in memory: what was written is as safe as it will ever be.
Result<u64> sys_fsync(const SyscallArgs& args) {
    const Ref<File> file = TRY(current_files().get(args.fd(0)));
    return file->inode().type() == FileType::Fifo ? Result<u64>(Error{EINVAL}) : Result<u64>(0);
}
Result<u64> sys_sync(const SyscallArgs&) { return 0; }
Result<u64> sys_fadvise64(const SyscallArgs& args) {
    const Ref<File> file = TRY(current_files().get(args.fd(0)));
    return file->is_seekable() ? Result<u64>(0) : Result<u64>(Error{ESPIPE});
}
