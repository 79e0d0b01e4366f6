// SPDX-License-Identifier: MIT
/// @file
/// @brief Unpacking an initramfs: cpio archives of the "newc" form, one after the other.
/// @chapter files
#pragma once

#include <span>

#include "fs/mount.h"

/// Where and why unpacking ended early.
struct CpioFailure {
    const char* what = nullptr;  ///< a few words for the log
    u64 offset = 0;              ///< of the entry's header in the archive
};

/// Makes everything in `archive` below `root`. Archives may follow each other, with zeros between; a file that exists already is
/// replaced. Entries need their directories to come first, as cpio and find write them. EINVAL: not such an archive, or cut
/// short, or a name that leads outside; ENOENT, ENOSPC, ENOMEM and what else making files fails with. What was made stays;
/// `failure`, where it is not null, is told the place.
Result<void> unpack_cpio(std::span<const std::byte> archive, const Place& root, CpioFailure* failure = nullptr);
