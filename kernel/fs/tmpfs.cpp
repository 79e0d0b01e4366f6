// SPDX-License-Identifier: MIT
/// @file
/// @brief File systems in memory: making inodes, counting their pages.
/// @chapter files
#include "fs/tmpfs.h"

#include <algorithm>

/// statfs(2)'s number for tmpfs.
static constexpr u64 kTmpfsMagic = 0x01021994;

Result<Ref<Inode>> Tmpfs::create(const char* type_name, u64 limit) {
    Ref<Tmpfs> tmpfs = TRY(make_ref<Tmpfs>(type_name, limit));
    return tmpfs->make_inode({.type = FileType::Directory, .permissions = 0755});
}

Result<Ref<Inode>> Tmpfs::create() { return create("tmpfs", frames::total_bytes() / 2); }

FilesystemStatus Tmpfs::status() {
    const u64 used = used_pages_.load(std::memory_order_relaxed);
    const u64 free = used < limit_pages_ ? limit_pages_ - used : 0;
    return {
        .magic = kTmpfsMagic,
        .blocks = limit_pages_,
        .free_blocks = std::min(free, frames::free_bytes() / kPageBytes),
        .files = limit_pages_,
        .free_files = limit_pages_ - std::min(limit_pages_, inodes.load(std::memory_order_relaxed)),
    };
}

Result<void> Tmpfs::charge_page() {
    if (used_pages_.fetch_add(1, std::memory_order_relaxed) < limit_pages_) return {};
    uncharge_pages(1);
    return Error{ENOSPC};
}

Result<Ref<Inode>> Tmpfs::make_inode(const NewNode& node) {
    Ref<Inode> inode;
    inodes.fetch_add(1, std::memory_order_relaxed);
    switch (node.type) {
    case FileType::Regular: inode = TRY(make_ref<TmpfsFile>(*this, node.permissions, next_number())); break;
    case FileType::Directory: inode = TRY(make_ref<TmpfsDirectory>(*this, node.permissions, next_number())); break;
    case FileType::Symlink: {
        Ref<TmpfsLink> link = TRY(make_ref<TmpfsLink>(*this, next_number()));
        TRY(link->set_target(node.target));
        inode = link;
        break;
    }
    case FileType::CharDevice:
    case FileType::BlockDevice:
    case FileType::Fifo:
    case FileType::Socket: inode = TRY(make_ref<TmpfsNode>(*this, node, next_number())); break;
    }
    return inode;
}

/// Nothing is left of it that a path could name, so the tree is taken apart from the directory `root` that was mounted down.
/// Children hold their parents, so a tree with names in it lives for ever. Every name is taken out, deepest last: the list of
/// directories still to be emptied grows behind the one being emptied.
void Tmpfs::unmounted(Inode& root) {
    if (keeps_tree_) return;
    Vec<Ref<TmpfsDirectory>> directories;
    if (!directories.push(Ref<TmpfsDirectory>(static_cast<TmpfsDirectory*>(&root))).ok()) return;
    while (!directories.empty()) {
        const Ref<TmpfsDirectory> directory = directories[directories.size() - 1];
        directories.pop();
        for (;;) {
            Owned<NameEntry> entry;
            MutexGuard guard(names);
            NameEntry* first = directory->entries_.first();
            if (!first) break;
            entry = directory->entries_.remove(*first);
            if (!entry->inode->is_directory()) continue;
            Ref<TmpfsDirectory> child(static_cast<TmpfsDirectory*>(entry->inode.get()));
            child->removed_ = true;
            child->parent_ = Ref<TmpfsDirectory>();
            if (!directories.push(child).ok()) return;
        }
    }
}

Result<LinkTarget> TmpfsLink::read_link() {
    LinkTarget target;
    TRY(target.text.append(target_.view()));
    return target;
}

Result<Ref<File>> TmpfsNode::open(const OpenRequest& request) {
    if (type() != FileType::Fifo || (request.flags & open_flag::kPath)) return Inode::open(request);
    Ref<Pipe> made = TRY(Pipe::create());
    {
        auto pipe = pipe_.lock();
        if (!*pipe) *pipe = made;
        made = *pipe;
    }
    return open_named_pipe(request, made);
}
