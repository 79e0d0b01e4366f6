// SPDX-License-Identifier: MIT
/// @file
/// @brief The system calls about files, for the dispatcher's table, and what they need of the process that calls.
/// @chapter linux-interface
#pragma once

#include "fs/file_table.h"
#include "fs/fs_context.h"
#include "syscall/syscall.h"

/// @name What kernel/proc supplies
/// @{
/// The descriptors, and the directories and mask, of the process that runs.
FileTable& current_files();
FsContext& current_fs();
/// @}

/// Where a path that belongs to the directory descriptor `fd` starts (AT_FDCWD: the working directory). EBADF; ENOTDIR.
Result<WalkFrom> walk_from_fd(int fd);
/// A path argument. EFAULT; ENAMETOOLONG.
Result<String> path_from_user(u64 address);

/// A path argument with the directory that it starts from.
struct PathArgument {
    WalkFrom start;
    String path;

    /// EBADF, ENOTDIR: `fd` is no directory's, and the path is relative. EFAULT, ENAMETOOLONG.
    static Result<PathArgument> from(int fd, u64 address);
    Result<Place> walk(LastLink last) const;
    Result<LastName> walk_to_parent() const;
};

/// What a path argument names, with AT_EMPTY_PATH and AT_SYMLINK_NOFOLLOW from `flags`; the second form takes `last` instead
/// of the latter.
Result<Place> place_argument(int fd, u64 path, u32 flags);
Result<Place> place_argument(int fd, u64 path, u32 flags, LastLink last);

Result<u64> sys_open(const SyscallArgs&);
Result<u64> sys_openat(const SyscallArgs&);
Result<u64> sys_creat(const SyscallArgs&);
Result<u64> sys_close(const SyscallArgs&);
Result<u64> sys_close_range(const SyscallArgs&);
Result<u64> sys_read(const SyscallArgs&);
Result<u64> sys_write(const SyscallArgs&);
Result<u64> sys_readv(const SyscallArgs&);
Result<u64> sys_writev(const SyscallArgs&);
Result<u64> sys_pread64(const SyscallArgs&);
Result<u64> sys_pwrite64(const SyscallArgs&);
Result<u64> sys_preadv(const SyscallArgs&);
Result<u64> sys_pwritev(const SyscallArgs&);
Result<u64> sys_preadv2(const SyscallArgs&);
Result<u64> sys_pwritev2(const SyscallArgs&);
Result<u64> sys_lseek(const SyscallArgs&);
Result<u64> sys_sendfile(const SyscallArgs&);
Result<u64> sys_ftruncate(const SyscallArgs&);
Result<u64> sys_truncate(const SyscallArgs&);
Result<u64> sys_fallocate(const SyscallArgs&);
Result<u64> sys_fsync(const SyscallArgs&);  ///< also fdatasync
Result<u64> sys_sync(const SyscallArgs&);   ///< also syncfs
Result<u64> sys_fadvise64(const SyscallArgs&);
Result<u64> sys_dup(const SyscallArgs&);
Result<u64> sys_dup2(const SyscallArgs&);
Result<u64> sys_dup3(const SyscallArgs&);
Result<u64> sys_fcntl(const SyscallArgs&);
Result<u64> sys_flock(const SyscallArgs&);
Result<u64> sys_ioctl(const SyscallArgs&);
Result<u64> sys_memfd_create(const SyscallArgs&);

Result<u64> sys_stat(const SyscallArgs&);
Result<u64> sys_fstat(const SyscallArgs&);
Result<u64> sys_lstat(const SyscallArgs&);
Result<u64> sys_newfstatat(const SyscallArgs&);
Result<u64> sys_statx(const SyscallArgs&);
Result<u64> sys_statfs(const SyscallArgs&);
Result<u64> sys_fstatfs(const SyscallArgs&);
Result<u64> sys_access(const SyscallArgs&);
Result<u64> sys_faccessat(const SyscallArgs&);  ///< also faccessat2
Result<u64> sys_chmod(const SyscallArgs&);
Result<u64> sys_fchmod(const SyscallArgs&);
Result<u64> sys_fchmodat(const SyscallArgs&);
Result<u64> sys_chown(const SyscallArgs&);
Result<u64> sys_fchown(const SyscallArgs&);
Result<u64> sys_lchown(const SyscallArgs&);
Result<u64> sys_fchownat(const SyscallArgs&);
Result<u64> sys_utime(const SyscallArgs&);
Result<u64> sys_utimes(const SyscallArgs&);
Result<u64> sys_futimesat(const SyscallArgs&);
Result<u64> sys_utimensat(const SyscallArgs&);

Result<u64> sys_getdents64(const SyscallArgs&);
Result<u64> sys_getcwd(const SyscallArgs&);
Result<u64> sys_chdir(const SyscallArgs&);
Result<u64> sys_fchdir(const SyscallArgs&);
Result<u64> sys_chroot(const SyscallArgs&);
Result<u64> sys_umask(const SyscallArgs&);
Result<u64> sys_mkdir(const SyscallArgs&);
Result<u64> sys_mkdirat(const SyscallArgs&);
Result<u64> sys_mknod(const SyscallArgs&);
Result<u64> sys_mknodat(const SyscallArgs&);
Result<u64> sys_rmdir(const SyscallArgs&);
Result<u64> sys_unlink(const SyscallArgs&);
Result<u64> sys_unlinkat(const SyscallArgs&);
Result<u64> sys_rename(const SyscallArgs&);
Result<u64> sys_renameat(const SyscallArgs&);
Result<u64> sys_renameat2(const SyscallArgs&);
Result<u64> sys_link(const SyscallArgs&);
Result<u64> sys_linkat(const SyscallArgs&);
Result<u64> sys_symlink(const SyscallArgs&);
Result<u64> sys_symlinkat(const SyscallArgs&);
Result<u64> sys_readlink(const SyscallArgs&);
Result<u64> sys_readlinkat(const SyscallArgs&);
Result<u64> sys_mount(const SyscallArgs&);
Result<u64> sys_umount2(const SyscallArgs&);

Result<u64> sys_pipe(const SyscallArgs&);
Result<u64> sys_pipe2(const SyscallArgs&);
Result<u64> sys_eventfd(const SyscallArgs&);
Result<u64> sys_eventfd2(const SyscallArgs&);
Result<u64> sys_poll(const SyscallArgs&);
Result<u64> sys_ppoll(const SyscallArgs&);
Result<u64> sys_select(const SyscallArgs&);
Result<u64> sys_pselect6(const SyscallArgs&);
