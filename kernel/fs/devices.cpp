// SPDX-License-Identifier: MIT
/// @file
/// @brief The list of character devices, and the tree of their nodes.
/// @chapter files
#include "fs/devices.h"

#include "fs/tmpfs.h"

namespace {

/// Filled while booting, read afterwards.
constinit List<CharDevice, &CharDevice::link> all_devices;
/// The root of /dev with one reference for ever, once it was made.
constinit Inode* dev_root = nullptr;

constexpr u64 kDevLimit = 16 * kMiB;

Result<void> make_node(Inode& root, const CharDevice& device) {
    if (!device.name) return {};
    TRY(root.create(device.name,
                    {.type = FileType::CharDevice, .permissions = device.permissions, .node = device.number}));
    return {};
}

/// The links and directories that programs expect in /dev.
Result<void> make_customary_names(Inode& root) {
    static constexpr struct {
        const char *name, *target;
    } kLinks[] = {{"fd", "/proc/self/fd"},
                  {"stdin", "/proc/self/fd/0"},
                  {"stdout", "/proc/self/fd/1"},
                  {"stderr", "/proc/self/fd/2"}};
    for (const auto& link : kLinks) TRY(root.create(link.name, {.type = FileType::Symlink, .target = link.target}));
    TRY(root.create("shm", {.type = FileType::Directory, .permissions = 01777}));
    return {};
}

}  // namespace

void devices::add(CharDevice& device) {
    all_devices.push_back(device);
    if (dev_root) CHECK(make_node(*dev_root, device).ok());
}

Result<Ref<File>> devices::open(DeviceNumber number, const OpenRequest& request) {
    for (CharDevice& device : all_devices) {
        if (device.number == number) return device.open(request);
    }
    return Error{ENXIO};
}

Result<Ref<Inode>> devices::tree() {
    if (dev_root) return Ref<Inode>(dev_root);
    Ref<Inode> root = TRY(Tmpfs::create("devtmpfs", kDevLimit));
    for (CharDevice& device : all_devices) TRY(make_node(*root, device));
    TRY(make_customary_names(*root));
    static_cast<Tmpfs&>(root->filesystem()).keep_tree();
    root->take_reference();
    dev_root = root.get();
    return root;
}
