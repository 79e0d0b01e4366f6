// SPDX-License-Identifier: MIT
/// @file
/// @brief What files are: stat, statx, statfs, access.
/// @chapter linux-interface
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "syscall/fs_calls.h"
#include "syscall/time_convert.h"

static u32 mode_of(const FileStatus& status) {
    return static_cast<u32>(status.type) << 12 | status.attributes.permissions;
}

static Result<u64> write_stat(u64 address, const FileStatus& status) {
    struct stat user {};
    const Attributes& attributes = status.attributes;
    user.st_dev = status.device;
    user.st_ino = status.number;
    user.st_nlink = attributes.links;
    user.st_mode = mode_of(status);
    user.st_uid = attributes.owner;
    user.st_gid = attributes.group;
    user.st_rdev = status.node.encoded();
    user.st_size = static_cast<i64>(status.bytes);
    user.st_blksize = kPageBytes;
    user.st_blocks = static_cast<i64>(status.blocks);
    user.st_atime = attributes.accessed_ns / kNsPerSecond;
    user.st_atime_nsec = attributes.accessed_ns % kNsPerSecond;
    user.st_mtime = attributes.modified_ns / kNsPerSecond;
    user.st_mtime_nsec = attributes.modified_ns % kNsPerSecond;
    user.st_ctime = attributes.changed_ns / kNsPerSecond;
    user.st_ctime_nsec = attributes.changed_ns % kNsPerSecond;
    TRY(UserPtr<struct stat>(address).write(user));
    return 0;
}

static Result<u64> stat_at(int fd, u64 path, u64 to, u32 flags) {
    if (flags & ~u32{AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT}) return Error{EINVAL};
    const Place place = TRY(place_argument(fd, path, flags));
    return write_stat(to, place.inode->status());
}

Result<u64> sys_stat(const SyscallArgs& args) { return stat_at(AT_FDCWD, args.a[0], args.a[1], 0); }
Result<u64> sys_lstat(const SyscallArgs& args) { return stat_at(AT_FDCWD, args.a[0], args.a[1], AT_SYMLINK_NOFOLLOW); }
Result<u64> sys_newfstatat(const SyscallArgs& args) {
    return stat_at(args.fd(0), args.a[1], args.a[2], static_cast<u32>(args.a[3]));
}
Result<u64> sys_fstat(const SyscallArgs& args) {
    const Ref<File> file = TRY(current_files().any(args.fd(0)));
    return write_stat(args.a[1], file->status());
}

static statx_timestamp statx_time(u64 ns) {
    return {
        .tv_sec = static_cast<i64>(ns / kNsPerSecond), .tv_nsec = static_cast<u32>(ns % kNsPerSecond), .__reserved = 0};
}

/// statx(fd, path, flags, mask, buffer): answers all basic fields whatever the mask asks for.
Result<u64> sys_statx(const SyscallArgs& args) {
    const auto flags = static_cast<u32>(args.a[2]);
    constexpr u32 kSync = AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC;
    if (flags & ~u32{AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | kSync}) return Error{EINVAL};
    const Place place = TRY(place_argument(args.fd(0), args.a[1], flags));
    const FileStatus status = place.inode->status();
    const DeviceNumber device = DeviceNumber::decoded(status.device);
    struct statx user {};
    user.stx_mask = STATX_BASIC_STATS;
    user.stx_blksize = kPageBytes;
    user.stx_nlink = status.attributes.links;
    user.stx_uid = status.attributes.owner;
    user.stx_gid = status.attributes.group;
    user.stx_mode = static_cast<u16>(mode_of(status));
    user.stx_ino = status.number;
    user.stx_size = status.bytes;
    user.stx_blocks = status.blocks;
    user.stx_atime = statx_time(status.attributes.accessed_ns);
    user.stx_mtime = statx_time(status.attributes.modified_ns);
    user.stx_ctime = statx_time(status.attributes.changed_ns);
    user.stx_rdev_major = status.node.major;
    user.stx_rdev_minor = status.node.minor;
    user.stx_dev_major = device.major;
    user.stx_dev_minor = device.minor;
    TRY(UserPtr<struct statx>(args.a[4]).write(user));
    return 0;
}

static Result<u64> write_statfs(u64 address, Filesystem& filesystem) {
    const FilesystemStatus status = filesystem.status();
    struct statfs user {};
    user.f_type = static_cast<i64>(status.magic);
    user.f_bsize = user.f_frsize = kPageBytes;
    user.f_blocks = static_cast<i64>(status.blocks);
    user.f_bfree = user.f_bavail = static_cast<i64>(status.free_blocks);
    user.f_files = static_cast<i64>(status.files);
    user.f_ffree = static_cast<i64>(status.free_files);
    user.f_namelen = kMaxName;
    TRY(UserPtr<struct statfs>(address).write(user));
    return 0;
}

Result<u64> sys_statfs(const SyscallArgs& args) {
    const Place place = TRY(place_argument(AT_FDCWD, args.a[0], 0));
    return write_statfs(args.a[1], place.inode->filesystem());
}
Result<u64> sys_fstatfs(const SyscallArgs& args) {
    const Ref<File> file = TRY(current_files().any(args.fd(0)));
    return write_statfs(args.a[1], file->inode().filesystem());
}

/// Everybody is root, who may do everything but execute what nobody may execute.
static Result<u64> access_at(int fd, u64 path, u64 wanted, u32 flags) {
    constexpr u64 kExecute = 1, kAll = 7;
    if ((wanted & ~kAll) || (flags & ~u32{AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_EACCESS})) return Error{EINVAL};
    const Place place = TRY(place_argument(fd, path, flags));
    const FileStatus status = place.inode->status();
    const bool executable = status.type != FileType::Regular || (status.attributes.permissions & 0111);
    return (wanted & kExecute) && !executable ? Result<u64>(Error{EACCES}) : Result<u64>(0);
}

Result<u64> sys_access(const SyscallArgs& args) { return access_at(AT_FDCWD, args.a[0], args.a[1], 0); }
/// faccessat has no flags in the kernel; faccessat2 has. Both come here: the first leaves its fourth argument undefined.
Result<u64> sys_faccessat(const SyscallArgs& args) {
    constexpr u64 kFaccessat2 = 439;
    const bool has_flags = args.frame.error == kFaccessat2;
    return access_at(args.fd(0), args.a[1], args.a[2], has_flags ? static_cast<u32>(args.a[3]) : 0);
}
