// SPDX-License-Identifier: MIT
/// @file
/// @brief open(2): walking to a file, perhaps making it, and opening it.
/// @chapter files
#include "fs/file.h"

/// A new regular file for O_CREAT. EISDIR: the path asks for a directory.
static Result<Place> create_file(const LastName& last, u32 permissions) {
    if (last.must_be_directory) return Error{EISDIR};
    const Ref<Inode> inode = TRY(last.directory.inode->create(last.name.view(), {.permissions = permissions}));
    return Place(last.directory.mount, inode);
}

/// Whether what was found may be opened like this.
static Result<void> check_type(const Inode& inode, u32 flags) {
    const bool path_only = flags & open_flag::kPath;
    if (inode.type() == FileType::Symlink && !path_only) return Error{ELOOP};
    if ((flags & open_flag::kDirectory) && !inode.is_directory()) return Error{ENOTDIR};
    const bool writes = (flags & open_flag::kAccessMode) != open_flag::kReadOnly || (flags & open_flag::kCreate);
    if (inode.is_directory() && writes && !path_only) return Error{EISDIR};
    return {};
}

Result<Ref<File>> open_file(const WalkFrom& from, std::string_view path, u32 flags, u32 permissions) {
    if ((flags & open_flag::kTemporary) == open_flag::kTemporary) return Error{EOPNOTSUPP};
    if (flags & open_flag::kPath)
        flags &= open_flag::kPath | open_flag::kDirectory | open_flag::kNoFollow | open_flag::kCloseOnExec;
    const bool exclusive = (flags & open_flag::kCreate) && (flags & open_flag::kExclusive);
    const LastLink link = exclusive || (flags & open_flag::kNoFollow) ? LastLink::Keep : LastLink::Follow;
    for (;;) {
        OpenWalk found = TRY(walk_to_open(from, path, link));
        const bool exists = static_cast<bool>(found.place);
        if (exists && exclusive) return Error{EEXIST};
        if (!exists) {
            if (!(flags & open_flag::kCreate)) return Error{ENOENT};
            Result<Place> made = create_file(found.last, permissions);
            if (!made.ok() && made.error() == Error{EEXIST} && !exclusive)
                continue;  // another thread was first: walk again
            if (!made.ok()) return made.error();
            found.place = std::move(made).value();
        }
        Inode& inode = *found.place.inode;
        TRY(check_type(inode, flags));
        const bool truncates = exists && (flags & open_flag::kTruncate) && inode.type() == FileType::Regular;
        if (truncates) TRY(inode.truncate(0));
        return inode.open({found.place, found.last.directory, found.last.name.view(), flags});
    }
}
