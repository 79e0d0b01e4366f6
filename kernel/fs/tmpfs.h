// SPDX-License-Identifier: MIT
/// @file
/// @brief tmpfs: files that live in memory. The root file system, /tmp, /dev, shared anonymous memory.
/// @chapter files
#pragma once

#include "fs/mount.h"
#include "fs/name_table.h"
#include "fs/page_tree.h"
#include "fs/pipe.h"
#include "sync/mutex.h"

/// What the inodes of one tmpfs share. One lock guards its whole tree of names, so a rename needs no order of its own.
class Tmpfs : public Filesystem {
   public:
    /// The root directory of a new file system that holds at most `limit` bytes. ENOMEM.
    static Result<Ref<Inode>> create(const char* type_name, u64 limit);
    /// A new one with the usual limit, half of the memory.
    static Result<Ref<Inode>> create();

    explicit Tmpfs(const char* type_name, u64 limit) : type_name_(type_name), limit_pages_(limit / kPageBytes) {}
    const char* type_name() const override { return type_name_; }
    FilesystemStatus status() override;
    void unmounted(Inode& root) override;
    /// Unmounting leaves the tree as it is: it can be mounted again.
    void keep_tree() { keeps_tree_ = true; }

    /// A new inode that has no name yet. ENOMEM.
    Result<Ref<Inode>> make_inode(const NewNode& node);
    /// Counts pages in and out. ENOSPC: the limit is reached; nothing was counted.
    Result<void> charge_page();
    void uncharge_pages(u64 count) { used_pages_.fetch_sub(count, std::memory_order_relaxed); }

    Mutex names{LockRank::Directory};
    std::atomic<u64> inodes{0};

   private:
    u64 next_number() { return next_number_.fetch_add(1, std::memory_order_relaxed); }
    const char* type_name_;
    u64 limit_pages_;
    bool keeps_tree_ = false;
    std::atomic<u64> used_pages_{0};
    std::atomic<u64> next_number_{1};
};

/// A regular file.
class TmpfsFile final : public Inode {
   public:
    TmpfsFile(Tmpfs& tmpfs, u32 permissions, u64 number) : Inode(tmpfs, FileType::Regular, permissions, number) {}
    ~TmpfsFile() override;
    u64 size() override { return size_.load(std::memory_order_acquire); }
    u64 blocks() override;
    Result<FrameRef> page(u64 index) override;
    Result<u64> read_at(u64 offset, IoBuffer& buffer) override;
    Result<u64> write_at(u64 offset, IoBuffer& buffer) override;
    Result<u64> append(IoBuffer& buffer) override;
    Result<void> truncate(u64 bytes) override;

   private:
    static constexpr u64 kMaxBytes = PageTree::kMaxPages * kPageBytes;
    Tmpfs& tmpfs() { return static_cast<Tmpfs&>(filesystem()); }
    Result<FrameRef> page_to_fill(u64 index);
    Result<u64> write_locked(const MutexGuard& held, u64 offset, IoBuffer& buffer);
    Result<void> zero_after(u64 bytes);

    Mutex lock_{LockRank::Inode};  ///< one writer or truncation at a time; readers and faults do without
    SpinLocked<PageTree> pages_{LockRank::FilePages};
    std::atomic<u64> size_{0};
};

/// A directory.
class TmpfsDirectory final : public Inode {
   public:
    TmpfsDirectory(Tmpfs& tmpfs, u32 permissions, u64 number)
        : Inode(tmpfs, FileType::Directory, permissions, number) {}
    ~TmpfsDirectory() override { tmpfs().inodes.fetch_sub(1, std::memory_order_relaxed); }
    Result<Ref<Inode>> lookup(std::string_view name) override;
    Result<Ref<Inode>> create(std::string_view name, const NewNode& node) override;
    Result<void> link(std::string_view name, Inode& target) override;
    Result<void> unlink(std::string_view name) override;
    Result<void> remove_directory(std::string_view name) override;
    Result<void> rename(std::string_view name, Inode& new_parent, std::string_view new_name, RenameMode mode) override;
    Result<void> read_entries(u64 cookie, DirectoryVisitor& visitor) override;
    Ref<Inode> parent() override;
    Result<String> own_name() override;
    u64 size() override { return 40; }

   private:
    friend class Tmpfs;
    Tmpfs& tmpfs() { return static_cast<Tmpfs&>(filesystem()); }
    Result<void> add(std::string_view name, Ref<Inode> inode);
    Owned<NameEntry> remove(NameEntry& entry);
    static Result<void> check_replace(NameEntry& from, NameEntry& to);
    bool is_inside(const Inode& directory);
    Result<void> exchange(NameEntry& mine, TmpfsDirectory& other, NameEntry& theirs);
    void moved_to(TmpfsDirectory& parent, String name);

    // All guarded by the file system's lock of names.
    NameTable entries_;
    Ref<TmpfsDirectory> parent_;  ///< null for a root, and once it was removed
    String own_name_;
    bool removed_ = false;
};

/// A symbolic link.
class TmpfsLink final : public Inode {
   public:
    TmpfsLink(Tmpfs& tmpfs, u64 number) : Inode(tmpfs, FileType::Symlink, 0777, number) {}
    ~TmpfsLink() override { static_cast<Tmpfs&>(filesystem()).inodes.fetch_sub(1, std::memory_order_relaxed); }
    Result<void> set_target(std::string_view target) { return target_.append(target); }
    Result<LinkTarget> read_link() override;
    u64 size() override { return target_.size(); }

   private:
    String target_;
};

/// A device node, a FIFO or a socket's name.
class TmpfsNode final : public Inode {
   public:
    TmpfsNode(Tmpfs& tmpfs, const NewNode& node, u64 number)
        : Inode(tmpfs, node.type, node.permissions, number), node_(node.node) {}
    ~TmpfsNode() override { static_cast<Tmpfs&>(filesystem()).inodes.fetch_sub(1, std::memory_order_relaxed); }
    DeviceNumber node() const override { return node_; }
    Result<Ref<File>> open(const OpenRequest& request) override;

   private:
    DeviceNumber node_;
    SpinLocked<Ref<Pipe>> pipe_{LockRank::FilePages};  ///< of a FIFO, made when it is first opened
};
