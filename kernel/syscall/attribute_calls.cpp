// SPDX-License-Identifier: MIT
/// @file
/// @brief Changing what files are: permissions, owners, times.
/// @chapter linux-interface
#include <linux/fcntl.h>

#include "syscall/fs_calls.h"
#include "syscall/time_convert.h"

static u64 set_permissions(Inode& inode, u64 mode) {
    inode.change_attributes([&](Attributes& attributes) { attributes.permissions = static_cast<u32>(mode) & 07777; });
    return 0;
}

static Result<u64> chmod_at(int fd, u64 path, u64 mode) {
    const Place place = TRY(place_argument(fd, path, 0));
    return set_permissions(*place.inode, mode);
}

Result<u64> sys_chmod(const SyscallArgs& args) { return chmod_at(AT_FDCWD, args.a[0], args.a[1]); }
Result<u64> sys_fchmodat(const SyscallArgs& args) { return chmod_at(args.fd(0), args.a[1], args.a[2]); }
Result<u64> sys_fchmod(const SyscallArgs& args) {
    const Ref<File> file = TRY(current_files().get(args.fd(0)));
    return set_permissions(file->inode(), args.a[1]);
}

/// An owner or group of -1 stays as it is.
static u64 set_owner(Inode& inode, u64 owner, u64 group) {
    constexpr u32 kSame = ~0u;
    inode.change_attributes([&](Attributes& attributes) {
        if (static_cast<u32>(owner) != kSame) attributes.owner = static_cast<u32>(owner);
        if (static_cast<u32>(group) != kSame) attributes.group = static_cast<u32>(group);
    });
    return 0;
}

Result<u64> sys_chown(const SyscallArgs& args) {
    const Place place = TRY(place_argument(AT_FDCWD, args.a[0], 0));
    return set_owner(*place.inode, args.a[1], args.a[2]);
}
Result<u64> sys_lchown(const SyscallArgs& args) {
    const Place place = TRY(place_argument(AT_FDCWD, args.a[0], AT_SYMLINK_NOFOLLOW));
    return set_owner(*place.inode, args.a[1], args.a[2]);
}
Result<u64> sys_fchown(const SyscallArgs& args) {
    const Ref<File> file = TRY(current_files().get(args.fd(0)));
    return set_owner(file->inode(), args.a[1], args.a[2]);
}
Result<u64> sys_fchownat(const SyscallArgs& args) {
    const auto flags = static_cast<u32>(args.a[4]);
    if (flags & ~u32{AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW}) return Error{EINVAL};
    const Place place = TRY(place_argument(args.fd(0), args.a[1], flags));
    return set_owner(*place.inode, args.a[2], args.a[3]);
}

namespace {

/// Access and modification time to set; one that is to stay is not `set`.
struct NewTimes {
    struct Time {
        u64 ns = 0;
        bool set = false;
    } accessed, modified;

    static NewTimes now() {
        const u64 ns = time_of_day_ns();
        return {{ns, true}, {ns, true}};
    }
};

Result<NewTimes::Time> time_from(const UserTimespec& time) {
    constexpr i64 kNow = 0x3fff'ffff, kOmit = 0x3fff'fffe;
    if (time.nanoseconds == kNow) return NewTimes::Time{time_of_day_ns(), true};
    if (time.nanoseconds == kOmit) return NewTimes::Time{};
    return NewTimes::Time{TRY(ns_from_timespec(time)), true};
}

/// utimensat's pair of struct timespec; null: now.
Result<NewTimes> times_from_timespecs(UserPtr<UserTimespec> pointer) {
    if (!pointer) return NewTimes::now();
    const UserTimespec accessed = TRY(pointer.read());
    const UserTimespec modified = TRY((pointer + 1).read());
    return NewTimes{TRY(time_from(accessed)), TRY(time_from(modified))};
}

/// utimes' pair of struct timeval; null: now.
Result<NewTimes> times_from_timevals(UserPtr<UserTimeval> pointer) {
    if (!pointer) return NewTimes::now();
    const UserTimeval accessed = TRY(pointer.read());
    const UserTimeval modified = TRY((pointer + 1).read());
    return NewTimes{{TRY(ns_from_timeval(accessed)), true}, {TRY(ns_from_timeval(modified)), true}};
}

u64 set_times(Inode& inode, const NewTimes& times) {
    inode.change_attributes([&](Attributes& attributes) {
        if (times.accessed.set) attributes.accessed_ns = times.accessed.ns;
        if (times.modified.set) attributes.modified_ns = times.modified.ns;
    });
    return 0;
}

}  // namespace

/// A null path means the file behind the descriptor.
Result<u64> sys_utimensat(const SyscallArgs& args) {
    const auto flags = static_cast<u32>(args.a[3]);
    if (flags & ~u32{AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW}) return Error{EINVAL};
    const NewTimes times = TRY(times_from_timespecs(args.pointer<UserTimespec>(2)));
    const u32 empty = args.a[1] == 0 && args.fd(0) != AT_FDCWD ? u32{AT_EMPTY_PATH} : 0;
    const Place place = TRY(place_argument(args.fd(0), args.a[1], flags | empty));
    return set_times(*place.inode, times);
}
Result<u64> sys_futimesat(const SyscallArgs& args) {
    const NewTimes times = TRY(times_from_timevals(args.pointer<UserTimeval>(2)));
    const u32 empty = args.a[1] == 0 && args.fd(0) != AT_FDCWD ? u32{AT_EMPTY_PATH} : 0;
    const Place place = TRY(place_argument(args.fd(0), args.a[1], empty));
    return set_times(*place.inode, times);
}
Result<u64> sys_utimes(const SyscallArgs& args) {
    const NewTimes times = TRY(times_from_timevals(args.pointer<UserTimeval>(1)));
    const Place place = TRY(place_argument(AT_FDCWD, args.a[0], 0));
    return set_times(*place.inode, times);
}
/// utime(path, struct utimbuf {access, modification}), in seconds.
Result<u64> sys_utime(const SyscallArgs& args) {
    NewTimes times = NewTimes::now();
    const auto pointer = args.pointer<u64>(1);
    if (pointer) {
        times.accessed.ns = TRY(pointer.read()) * kNsPerSecond;
        times.modified.ns = TRY((pointer + 1).read()) * kNsPerSecond;
    }
    const Place place = TRY(place_argument(AT_FDCWD, args.a[0], 0));
    return set_times(*place.inode, times);
}
