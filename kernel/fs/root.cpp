// SPDX-License-Identifier: MIT
/// @file
/// @brief The tree of names at boot.
/// @chapter files
#include "fs/root.h"

#include "fs/cpio.h"
#include "fs/devices.h"
#include "fs/path.h"
#include "fs/tmpfs.h"
#include "lib/log.h"

/// The directory `name` in `parent`, made where it is missing.
static Result<Place> directory_in(const Place& parent, std::string_view name) {
    Result<Ref<Inode>> made = parent.inode->create(name, {.type = FileType::Directory, .permissions = 0755});
    if (!made.ok() && made.error() != Error{EEXIST}) return made.error();
    return walk({parent, parent}, name, LastLink::Keep);
}

Result<Place> make_root(std::span<const std::byte> archive) {
    const Ref<Inode> tree = TRY(Tmpfs::create("rootfs", frames::total_bytes() / 2));
    const Place root = TRY(mounts::mount_root({tree, "rootfs", "rw"}));
    CpioFailure failure;
    if (!unpack_cpio(archive, root, &failure).ok()) {
        log("initramfs: ", failure.what ? failure.what : "out of memory", ", in the entry at byte ", failure.offset);
    }
    const Place dev = TRY(directory_in(root, "dev"));
    TRY(directory_in(root, "proc"));
    const Ref<Inode> nodes = TRY(devices::tree());
    TRY(mounts::mount({nodes, "devtmpfs", "rw,relatime"}, dev));
    return root;
}
