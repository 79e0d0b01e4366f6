// SPDX-License-Identifier: MIT
/// @file
/// @brief Inodes without a name: pipes, event counters.
/// @chapter files
#pragma once

#include "fs/file.h"

/// The file system that inodes without names say they are in. ENOMEM. It lives for ever.
Result<Filesystem*> nameless_filesystem();
/// A number for one of them.
u64 nameless_number();

/// A new event counter (eventfd(2)), open for reading and writing. ENOMEM.
enum class EventMode : u8 { Sum, Semaphore };
Result<Ref<File>> make_event_file(u64 initial, EventMode mode, u32 flags);
