// SPDX-License-Identifier: MIT
/// @file
/// @brief File systems and where they are mounted.
/// @chapter files
#pragma once

#include "fs/inode.h"
#include "lib/vec.h"

/// What `statfs` answers, in blocks of 4 KiB.
struct FilesystemStatus {
    u64 magic;
    u64 blocks, free_blocks;
    u64 files, free_files;
};

/// A tree of inodes.
class Filesystem : public RefCounted {
   public:
    Filesystem();
    /// As mount(8) calls it: "tmpfs", "proc".
    virtual const char* type_name() const = 0;
    virtual Result<Ref<Inode>> root() = 0;
    virtual FilesystemStatus status() = 0;
    /// `st_dev` of its inodes.
    u64 device() const { return device_; }

   private:
    u64 device_;
};

/// A file system at a place in the tree of names.
class Mount : public RefCounted {
   public:
    Mount(Ref<Filesystem> filesystem, Ref<Inode> root, Place mount_point)
        : filesystem_(std::move(filesystem)), root_(std::move(root)), mount_point_(std::move(mount_point)) {}

    Filesystem& filesystem() const { return *filesystem_; }
    const Ref<Inode>& root() const { return root_; }
    /// The directory that it covers; null for the root of everything.
    const Place& mount_point() const { return mount_point_; }

    String source;   ///< what /proc/mounts says is mounted
    String options;  ///< "rw,relatime"

   private:
    Ref<Filesystem> filesystem_;
    Ref<Inode> root_;
    Place mount_point_;
};

namespace mounts {

/// Makes `filesystem` the root of everything. Called once.
Result<Place> mount_root(Ref<Filesystem> filesystem);
/// Mounts `filesystem` on a directory. ENOTDIR; ENOMEM.
Result<Place> mount(Ref<Filesystem> filesystem, const Place& directory, std::string_view source, std::string_view options);
/// Unmounts what `place` is the root of. EINVAL: it is no mount's root; EBUSY: the root of everything, or something is mounted below.
Result<void> unmount(const Place& place);
/// What is seen at a directory: the root of the topmost mount on it, or itself.
Place covering(Place place);
/// The root of everything.
Place root();
/// Prints /proc/mounts, as seen from `root`.
void print(Sink& sink, const Place& root);

}  // namespace mounts
