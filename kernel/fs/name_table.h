// SPDX-License-Identifier: MIT
/// @file
/// @brief NameTable: a directory's entries, found by name and visited in the order in which they were made.
/// @chapter files
#pragma once

#include "fs/inode.h"
#include "lib/list.h"
#include "lib/owned.h"
#include "lib/vec.h"

/// One name in a directory.
struct NameEntry {
    ListNode order_link, bucket_link;
    u64 cookie = 0;  ///< unique and growing: reading a directory goes on behind it, whatever was removed meanwhile
    u32 hash = 0;
    String name;
    Ref<Inode> inode;
};

/// The entries of one directory. The caller serialises.
class NameTable {
   public:
    /// Cookies of entries start here: "." and ".." have the first two.
    static constexpr u64 kFirstCookie = 3;

    ~NameTable();
    bool empty() const { return order_.empty(); }
    /// The entry, or null.
    NameEntry* find(std::string_view name);
    /// Adds a name that is not there yet. ENOMEM: nothing changed.
    Result<NameEntry*> add(std::string_view name, Ref<Inode> inode);
    /// Takes an entry out; the caller lets it go, and the inode in it, when no lock is held.
    Owned<NameEntry> remove(NameEntry& entry);
    NameEntry* first() { return order_.front(); }
    NameEntry* next(NameEntry& entry) { return order_.next(entry); }
    /// Visits the entries whose cookie is greater than `cookie`.
    void visit(u64 cookie, DirectoryVisitor& visitor);

   private:
    using Bucket = List<NameEntry, &NameEntry::bucket_link>;
    static u32 hash_of(std::string_view name);
    Bucket& bucket(u32 hash) { return buckets_[hash & (kBuckets - 1)]; }

    static constexpr usize kBuckets = 64;
    Bucket buckets_[kBuckets];
    List<NameEntry, &NameEntry::order_link> order_;
    u64 next_cookie_ = kFirstCookie;
};
