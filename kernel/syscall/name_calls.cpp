// SPDX-License-Identifier: MIT
/// @file
/// @brief Names: making, linking, renaming and removing them.
/// @chapter linux-interface
#include <linux/fcntl.h>

#include <algorithm>

#include "syscall/fs_calls.h"

static bool is_dots(std::string_view name) { return name == "." || name == ".."; }

/// Where a new name goes. EEXIST: "/", "." and ".." are there already.
static Result<LastName> new_name(int fd, u64 path) {
    const PathArgument argument = TRY(PathArgument::from(fd, path));
    LastName last = TRY(argument.walk_to_parent());
    if (last.name.empty() || is_dots(last.name.view())) return Error{EEXIST};
    return last;
}

static Result<u64> make_directory(int fd, u64 path, u64 mode) {
    const LastName last = TRY(new_name(fd, path));
    const u32 permissions = static_cast<u32>(mode) & 01777 & ~current_fs().umask();
    TRY(last.directory.inode->create(last.name.view(), {.type = FileType::Directory, .permissions = permissions}));
    return 0;
}
Result<u64> sys_mkdir(const SyscallArgs& args) { return make_directory(AT_FDCWD, args.a[0], args.a[1]); }
Result<u64> sys_mkdirat(const SyscallArgs& args) { return make_directory(args.fd(0), args.a[1], args.a[2]); }

/// A name for what is no directory cannot end in a slash: ENOENT, or EEXIST where the name is taken.
static Result<void> create_other(const LastName& last, const NewNode& node) {
    if (last.must_be_directory) { return Error{last.directory.inode->lookup(last.name.view()).ok() ? EEXIST : ENOENT}; }
    TRY(last.directory.inode->create(last.name.view(), node));
    return {};
}

static Result<u64> make_node(int fd, u64 path, u64 mode, u64 device) {
    NewNode node{.type = static_cast<FileType>((mode >> 12) & 0xf), .permissions = static_cast<u32>(mode) & 07777};
    node.permissions &= ~current_fs().umask();
    node.node = DeviceNumber::decoded(device);
    if (static_cast<u8>(node.type) == 0) node.type = FileType::Regular;
    switch (node.type) {
    case FileType::Directory: return Error{EPERM};
    case FileType::Symlink: return Error{EINVAL};
    case FileType::Regular:
    case FileType::Fifo:
    case FileType::Socket: node.node = {}; break;
    case FileType::CharDevice:
    case FileType::BlockDevice: break;
    default: return Error{EINVAL};
    }
    const LastName last = TRY(new_name(fd, path));
    TRY(create_other(last, node));
    return 0;
}
Result<u64> sys_mknod(const SyscallArgs& args) { return make_node(AT_FDCWD, args.a[0], args.a[1], args.a[2]); }
Result<u64> sys_mknodat(const SyscallArgs& args) { return make_node(args.fd(0), args.a[1], args.a[2], args.a[3]); }

static Result<u64> remove_directory(const PathArgument& argument) {
    const LastName last = TRY(argument.walk_to_parent());
    const std::string_view name = last.name.view();
    if (name.empty()) return Error{EBUSY};
    if (is_dots(name)) return Error{name == "." ? EINVAL : ENOTEMPTY};
    TRY(last.directory.inode->remove_directory(name));
    return 0;
}

static Result<u64> remove_name(const PathArgument& argument) {
    const LastName last = TRY(argument.walk_to_parent());
    const std::string_view name = last.name.view();
    if (name.empty() || is_dots(name)) return Error{EISDIR};
    if (last.must_be_directory) {
        const Ref<Inode> inode = TRY(last.directory.inode->lookup(name));
        return Error{inode->is_directory() ? EISDIR : ENOTDIR};
    }
    TRY(last.directory.inode->unlink(name));
    return 0;
}

Result<u64> sys_rmdir(const SyscallArgs& args) {
    return remove_directory(TRY(PathArgument::from(AT_FDCWD, args.a[0])));
}
Result<u64> sys_unlink(const SyscallArgs& args) { return remove_name(TRY(PathArgument::from(AT_FDCWD, args.a[0]))); }
Result<u64> sys_unlinkat(const SyscallArgs& args) {
    if (args.a[2] & ~u64{AT_REMOVEDIR}) return Error{EINVAL};
    const PathArgument argument = TRY(PathArgument::from(args.fd(0), args.a[1]));
    return args.a[2] & AT_REMOVEDIR ? remove_directory(argument) : remove_name(argument);
}

/// One end of a rename. EBUSY: "/", "." and ".." cannot be renamed.
static Result<LastName> rename_end(int fd, u64 path) {
    const PathArgument argument = TRY(PathArgument::from(fd, path));
    LastName last = TRY(argument.walk_to_parent());
    if (last.name.empty() || is_dots(last.name.view())) return Error{EBUSY};
    return last;
}

static Result<u64> rename_at(const LastName& from, const LastName& to, u64 flags) {
    constexpr u64 kNoReplace = 1, kExchange = 2;
    if (flags > kExchange) return Error{EINVAL};
    if (from.directory.mount != to.directory.mount) return Error{EXDEV};
    if (from.must_be_directory || to.must_be_directory) {
        const Ref<Inode> inode = TRY(from.directory.inode->lookup(from.name.view()));
        if (!inode->is_directory()) return Error{ENOTDIR};
    }
    const RenameMode mode = flags == kNoReplace  ? RenameMode::NoReplace
                            : flags == kExchange ? RenameMode::Exchange
                                                 : RenameMode::Replace;
    TRY(from.directory.inode->rename(from.name.view(), *to.directory.inode, to.name.view(), mode));
    return 0;
}

Result<u64> sys_rename(const SyscallArgs& args) {
    const LastName from = TRY(rename_end(AT_FDCWD, args.a[0]));
    const LastName to = TRY(rename_end(AT_FDCWD, args.a[1]));
    return rename_at(from, to, 0);
}
Result<u64> sys_renameat(const SyscallArgs& args) {
    const LastName from = TRY(rename_end(args.fd(0), args.a[1]));
    const LastName to = TRY(rename_end(args.fd(2), args.a[3]));
    return rename_at(from, to, 0);
}
Result<u64> sys_renameat2(const SyscallArgs& args) {
    const LastName from = TRY(rename_end(args.fd(0), args.a[1]));
    const LastName to = TRY(rename_end(args.fd(2), args.a[3]));
    return rename_at(from, to, args.a[4]);
}

static Result<u64> link_at(const Place& source, const LastName& last) {
    if (source.mount != last.directory.mount) return Error{EXDEV};
    if (last.must_be_directory) return Error{ENOENT};
    TRY(last.directory.inode->link(last.name.view(), *source.inode));
    return 0;
}
Result<u64> sys_link(const SyscallArgs& args) {
    const Place source = TRY(place_argument(AT_FDCWD, args.a[0], AT_SYMLINK_NOFOLLOW));
    const LastName last = TRY(new_name(AT_FDCWD, args.a[1]));
    return link_at(source, last);
}
Result<u64> sys_linkat(const SyscallArgs& args) {
    if (args.a[4] & ~u64{AT_SYMLINK_FOLLOW | AT_EMPTY_PATH}) return Error{EINVAL};
    const LastLink link = args.a[4] & AT_SYMLINK_FOLLOW ? LastLink::Follow : LastLink::Keep;
    const Place source = TRY(place_argument(args.fd(0), args.a[1], static_cast<u32>(args.a[4]), link));
    const LastName last = TRY(new_name(args.fd(2), args.a[3]));
    return link_at(source, last);
}

static Result<u64> symlink_at(u64 target, int fd, u64 path) {
    const String text = TRY(path_from_user(target));
    if (text.empty()) return Error{ENOENT};
    const LastName last = TRY(new_name(fd, path));
    TRY(create_other(last, {.type = FileType::Symlink, .target = text.view()}));
    return 0;
}
Result<u64> sys_symlink(const SyscallArgs& args) { return symlink_at(args.a[0], AT_FDCWD, args.a[1]); }
Result<u64> sys_symlinkat(const SyscallArgs& args) { return symlink_at(args.a[0], args.fd(1), args.a[2]); }

/// Copies as much of the link's text as fits, without a closing zero.
static Result<u64> read_link_at(int fd, u64 path, u64 to, u64 bytes) {
    if (static_cast<i32>(bytes) <= 0) return Error{EINVAL};
    const Place place = TRY(place_argument(fd, path, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
    const LinkTarget target = TRY(place.inode->read_link());
    const std::string_view text = target.text.view().substr(0, bytes);
    TRY(copy_to_user(VirtAddr(to), text.data(), text.size()));
    return text.size();
}
Result<u64> sys_readlink(const SyscallArgs& args) { return read_link_at(AT_FDCWD, args.a[0], args.a[1], args.a[2]); }
Result<u64> sys_readlinkat(const SyscallArgs& args) {
    return read_link_at(args.fd(0), args.a[1], args.a[2], args.a[3]);
}
