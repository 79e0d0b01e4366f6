// SPDX-License-Identifier: MIT
/// @file
/// @brief A directory's entries.
/// @chapter files
#include "fs/name_table.h"

NameTable::~NameTable() {
    while (NameEntry* entry = order_.front()) static_cast<void>(remove(*entry));
}

/// FNV-1a.
u32 NameTable::hash_of(std::string_view name) {
    u32 hash = 2166136261u;
    for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return hash ^ (hash >> 15);
}

NameEntry* NameTable::find(std::string_view name) {
    const u32 hash = hash_of(name);
    for (NameEntry& entry : bucket(hash)) {
        if (entry.hash == hash && entry.name.view() == name) return &entry;
    }
    return nullptr;
}

Result<NameEntry*> NameTable::add(std::string_view name, Ref<Inode> inode) {
    Owned<NameEntry> entry = TRY(make_owned<NameEntry>());
    TRY(entry->name.append(name));
    entry->inode = std::move(inode);
    entry->hash = hash_of(name);
    entry->cookie = next_cookie_++;
    order_.push_back(*entry);
    bucket(entry->hash).push_back(*entry);
    return entry.release();
}

Owned<NameEntry> NameTable::remove(NameEntry& entry) {
    entry.order_link.unlink();
    entry.bucket_link.unlink();
    return Owned<NameEntry>(&entry);
}

void NameTable::visit(u64 cookie, DirectoryVisitor& visitor) {
    for (NameEntry& entry : order_) {
        if (entry.cookie <= cookie) continue;
        const DirectoryVisitor::Entry seen{entry.name.view(), entry.inode->number(), entry.inode->type(), entry.cookie};
        if (visitor.visit(seen) == DirectoryVisitor::Next::Stop) return;
    }
}
