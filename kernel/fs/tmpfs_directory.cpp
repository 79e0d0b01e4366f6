// SPDX-License-Identifier: MIT
/// @file
/// @brief Directories in memory.
/// @chapter files
///
/// Entries that are taken out are declared before the guard, so that what they hold dies after the lock is let go.
#include "fs/tmpfs.h"

Result<Ref<Inode>> TmpfsDirectory::lookup(std::string_view name) {
    MutexGuard guard(tmpfs().names);
    NameEntry* entry = entries_.find(name);
    if (!entry) return Error{ENOENT};
    return Ref<Inode>(entry->inode);
}

/// Enters a name that is known to be free. ENOENT: this directory was removed.
Result<void> TmpfsDirectory::add(std::string_view name, Ref<Inode> inode) {
    if (removed_) return Error{ENOENT};
    if (inode->is_directory()) {
        auto& child = static_cast<TmpfsDirectory&>(*inode);
        String own = TRY(String::from(name));
        TRY(entries_.add(name, std::move(inode)));
        child.own_name_ = std::move(own);
        child.parent_ = Ref<TmpfsDirectory>(this);
        change_attributes([](Attributes& attributes) { ++attributes.links; });
    } else {
        TRY(entries_.add(name, std::move(inode)));
    }
    note_modified();
    return {};
}

/// Takes a name out. What it named keeps living while somebody has it open or another name for it.
Owned<NameEntry> TmpfsDirectory::remove(NameEntry& entry) {
    Inode& inode = *entry.inode;
    if (inode.is_directory()) {
        static_cast<TmpfsDirectory&>(inode).removed_ = true;
        inode.change_attributes([](Attributes& attributes) { attributes.links = 0; });
        change_attributes([](Attributes& attributes) { --attributes.links; });
    } else {
        inode.change_attributes([](Attributes& attributes) { --attributes.links; });
    }
    note_modified();
    return entries_.remove(entry);
}

Result<Ref<Inode>> TmpfsDirectory::create(std::string_view name, const NewNode& node) {
    MutexGuard guard(tmpfs().names);
    if (entries_.find(name)) return Error{EEXIST};
    Ref<Inode> inode = TRY(tmpfs().make_inode(node));
    TRY(add(name, inode));
    return inode;
}

Result<void> TmpfsDirectory::link(std::string_view name, Inode& target) {
    if (target.is_directory()) return Error{EPERM};
    if (&target.filesystem() != &filesystem()) return Error{EXDEV};
    MutexGuard guard(tmpfs().names);
    if (entries_.find(name)) return Error{EEXIST};
    TRY(add(name, Ref<Inode>(&target)));
    target.change_attributes([](Attributes& attributes) { ++attributes.links; });
    return {};
}

Result<void> TmpfsDirectory::unlink(std::string_view name) {
    Owned<NameEntry> gone;
    MutexGuard guard(tmpfs().names);
    NameEntry* entry = entries_.find(name);
    if (!entry) return Error{ENOENT};
    if (entry->inode->is_directory()) return Error{EISDIR};
    gone = remove(*entry);
    return {};
}

Result<void> TmpfsDirectory::remove_directory(std::string_view name) {
    Owned<NameEntry> gone;
    MutexGuard guard(tmpfs().names);
    NameEntry* entry = entries_.find(name);
    if (!entry) return Error{ENOENT};
    if (!entry->inode->is_directory()) return Error{ENOTDIR};
    if (entry->inode->mounts_here.load(std::memory_order_acquire) != 0) return Error{EBUSY};
    if (!static_cast<TmpfsDirectory&>(*entry->inode).entries_.empty()) return Error{ENOTEMPTY};
    gone = remove(*entry);
    return {};
}

/// Whether `to` may give way to `from`: both directories and `to` empty, or neither.
Result<void> TmpfsDirectory::check_replace(NameEntry& from, NameEntry& to) {
    if (!to.inode->is_directory()) return from.inode->is_directory() ? Result<void>(Error{ENOTDIR}) : Result<void>();
    if (!from.inode->is_directory()) return Error{EISDIR};
    if (to.inode->mounts_here.load(std::memory_order_acquire) != 0) return Error{EBUSY};
    if (!static_cast<TmpfsDirectory&>(*to.inode).entries_.empty()) return Error{ENOTEMPTY};
    return {};
}

/// Whether this directory is `directory` or lies somewhere below it.
bool TmpfsDirectory::is_inside(const Inode& directory) {
    for (TmpfsDirectory* at = this; at; at = at->parent_.get()) {
        if (at == &directory) return true;
    }
    return false;
}

Result<void> TmpfsDirectory::rename(std::string_view name, Inode& new_parent, std::string_view new_name,
                                    RenameMode mode) {
    if (&new_parent.filesystem() != &filesystem()) return Error{EXDEV};
    if (!new_parent.is_directory()) return Error{ENOTDIR};
    auto& target = static_cast<TmpfsDirectory&>(new_parent);
    Owned<NameEntry> gone, moved;
    MutexGuard guard(tmpfs().names);
    NameEntry* from = entries_.find(name);
    NameEntry* to = target.entries_.find(new_name);
    if (!from) return Error{ENOENT};
    if (from->inode->is_directory() && target.is_inside(*from->inode)) return Error{EINVAL};
    if (mode == RenameMode::Exchange) return to ? exchange(*from, target, *to) : Result<void>(Error{ENOENT});
    if (from->inode->mounts_here.load(std::memory_order_acquire) != 0) return Error{EBUSY};
    if (to && mode == RenameMode::NoReplace) return Error{EEXIST};
    if (to && to->inode == from->inode) return {};
    if (to && to->inode->is_directory() && is_inside(*to->inode)) return Error{ENOTEMPTY};
    if (to) TRY(check_replace(*from, *to));
    // The new name is entered first: that is what can fail. The two entries of a replaced name stand side by side for a moment.
    const Ref<Inode> inode = from->inode;
    TRY(target.add(new_name, inode));
    if (to) gone = target.remove(*to);
    if (inode->is_directory()) change_attributes([](Attributes& attributes) { --attributes.links; });
    moved = entries_.remove(*from);
    note_modified();
    inode->change_attributes([](Attributes&) {});
    return {};
}

/// Swaps what two names name.
Result<void> TmpfsDirectory::exchange(NameEntry& mine, TmpfsDirectory& other, NameEntry& theirs) {
    if (theirs.inode->is_directory() && is_inside(*theirs.inode)) return Error{EINVAL};
    String my_name = TRY(String::from(mine.name.view()));
    String their_name = TRY(String::from(theirs.name.view()));
    std::swap(mine.inode, theirs.inode);
    if (mine.inode->is_directory()) static_cast<TmpfsDirectory&>(*mine.inode).moved_to(*this, std::move(my_name));
    if (theirs.inode->is_directory())
        static_cast<TmpfsDirectory&>(*theirs.inode).moved_to(other, std::move(their_name));
    const int change = int{mine.inode->is_directory()} - int{theirs.inode->is_directory()};
    change_attributes([&](Attributes& attributes) { attributes.links += static_cast<u32>(change); });
    other.change_attributes([&](Attributes& attributes) { attributes.links -= static_cast<u32>(change); });
    return {};
}

void TmpfsDirectory::moved_to(TmpfsDirectory& parent, String name) {
    own_name_ = std::move(name);
    parent_ = Ref<TmpfsDirectory>(&parent);
}

Result<void> TmpfsDirectory::read_entries(u64 cookie, DirectoryVisitor& visitor) {
    MutexGuard guard(tmpfs().names);
    entries_.visit(cookie, visitor);
    return {};
}

Ref<Inode> TmpfsDirectory::parent() {
    MutexGuard guard(tmpfs().names);
    return parent_ ? Ref<Inode>(parent_) : Ref<Inode>(this);
}

Result<String> TmpfsDirectory::own_name() {
    MutexGuard guard(tmpfs().names);
    if (removed_) return Error{ENOENT};
    return String::from(own_name_.view());
}
