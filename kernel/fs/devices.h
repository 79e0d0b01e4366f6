// SPDX-License-Identifier: MIT
/// @file
/// @brief Character devices by number, and /dev.
/// @chapter files
#pragma once

#include "fs/file.h"

/// A kind of character device: what opening its node does.
struct CharDevice {
    const char* name;  ///< in /dev; null: no node is made
    DeviceNumber number;
    u32 permissions;
    Result<Ref<File>> (*open)(const OpenRequest& request);
    ListNode link = {};
};

namespace devices {

/// Adds a device, which stays for ever, and makes its node in /dev where that exists already. While booting.
void add(CharDevice& device);
/// Opens the device with this number. ENXIO: there is none.
Result<Ref<File>> open(DeviceNumber number, const OpenRequest& request);
/// The root of the one /dev, with a node for every device. ENOMEM.
Result<Ref<Inode>> tree();
/// null, zero, full, random, urandom.
void add_memory_devices();

}  // namespace devices
