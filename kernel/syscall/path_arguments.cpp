// SPDX-License-Identifier: MIT
/// @file
/// @brief Paths and directory descriptors as system calls get them.
/// @chapter linux-interface
#include <linux/fcntl.h>

#include "syscall/fs_calls.h"

Result<WalkFrom> walk_from_fd(int fd) {
    if (fd == AT_FDCWD) return current_fs().walk_from();
    const Ref<File> file = TRY(current_files().any(fd));
    return WalkFrom{current_fs().root(), file->place()};
}

Result<String> path_from_user(u64 address) { return string_from_user(VirtAddr(address), kMaxPath - 1); }

/// A path from a directory descriptor. An absolute one does not look at the descriptor.
static Result<WalkFrom> walk_from_for(int fd, std::string_view path) {
    if (!path.empty() && path.front() == '/') return current_fs().walk_from();
    WalkFrom from = TRY(walk_from_fd(fd));
    if (!path.empty() && !from.start.inode->is_directory()) return Error{ENOTDIR};
    return from;
}

Result<PathArgument> PathArgument::from(int fd, u64 address) {
    String path = TRY(path_from_user(address));
    WalkFrom from = TRY(walk_from_for(fd, path.view()));
    return PathArgument{std::move(from), std::move(path)};
}

Result<Place> PathArgument::walk(LastLink last) const { return ::walk(start, path.view(), last); }
Result<LastName> PathArgument::walk_to_parent() const { return ::walk_to_parent(start, path.view()); }

Result<Place> place_argument(int fd, u64 path, u32 flags, LastLink last) {
    if (flags & AT_EMPTY_PATH) {
        const bool empty = path == 0 || TRY(path_from_user(path)).empty();
        if (empty) return TRY(walk_from_fd(fd)).start;
    }
    const PathArgument argument = TRY(PathArgument::from(fd, path));
    return argument.walk(last);
}

Result<Place> place_argument(int fd, u64 path, u32 flags) {
    return place_argument(fd, path, flags, flags & AT_SYMLINK_NOFOLLOW ? LastLink::Keep : LastLink::Follow);
}
