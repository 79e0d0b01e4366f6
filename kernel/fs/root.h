// SPDX-License-Identifier: MIT
/// @file
/// @brief The tree of names at boot: a tmpfs filled from the initramfs, with /dev and /proc.
/// @chapter files
#pragma once

#include <span>

#include "fs/mount.h"

/// Mounts the root file system, unpacks the cpio archives in `archive`, mounts devtmpfs on /dev (the directories /dev and /proc
/// are made where the archive has none). Answers the root. Called once, after every device and /proc file was added. What is
/// wrong with an archive is logged; the rest of it is missing then. ENOMEM.
Result<Place> make_root(std::span<const std::byte> archive);
