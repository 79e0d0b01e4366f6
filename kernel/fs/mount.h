// SPDX-License-Identifier: MIT
/// @file
/// @brief File systems and where they are mounted.
/// @chapter files
#pragma once

#include "fs/inode.h"
#include "lib/format.h"
#include "lib/list.h"
#include "lib/vec.h"

/// What `statfs` answers, in blocks of 4 KiB.
struct FilesystemStatus {
    u64 magic;
    u64 blocks, free_blocks;
    u64 files, free_files;
};

/// What the inodes of one tree share. They keep it alive; it knows none of them.
class Filesystem : public RefCounted {
   public:
    Filesystem();
    /// As mount(8) calls it: "tmpfs", "proc".
    virtual const char* type_name() const = 0;
    virtual FilesystemStatus status() = 0;
    /// Its last mount is gone: what hangs together in circles is let go.
    virtual void unmounted(Inode& root) { static_cast<void>(root); }
    /// `st_dev` of its inodes.
    u64 device() const { return device_; }

   private:
    u64 device_;
};

/// A file system at a place in the tree of names.
class Mount : public RefCounted {
   public:
    Mount(Ref<Inode> root, Place mount_point) : root_(std::move(root)), mount_point_(std::move(mount_point)) {}

    Filesystem& filesystem() const { return root_->filesystem(); }
    const Ref<Inode>& root() const { return root_; }
    /// The directory that it covers; null for the root of everything.
    const Place& mount_point() const { return mount_point_; }

    String source;   ///< what /proc/mounts says is mounted
    String options;  ///< "rw,relatime"
    ListNode link;   ///< in the mount table, in the order of mounting; guarded by its lock

   private:
    Ref<Inode> root_;
    Place mount_point_;
};

namespace mounts {

/// What is mounted, by whom it is said to be supplied, and how: `mount -o options source`.
struct Request {
    Ref<Inode> tree;  ///< the root of a file system
    std::string_view source;
    std::string_view options;
};
/// Makes a tree the root of everything. Called once. ENOMEM.
Result<Place> mount_root(const Request& request);
/// Mounts a tree on a directory. ENOTDIR; ENOMEM.
Result<Place> mount(const Request& request, const Place& directory);
/// Unmounts what `place`, the only reference of the caller, is the root of. EINVAL: it is no mount's root. EBUSY: the root of
/// everything, something is mounted below, or a file is open or a process stands in it.
Result<void> unmount(Place place);
/// What is seen at a directory: the root of the topmost mount on it, or itself.
Place covering(Place place);
/// The root of everything.
Place root();
/// Prints /proc/mounts, as seen from `root`.
void print(Sink& sink, const Place& root);

}  // namespace mounts
