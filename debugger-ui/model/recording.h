// SPDX-License-Identifier: MIT
/// @file
/// @brief Recordings: a snapshot in a file, to be looked at without any machine.
/// @chapter observability
///
/// A recording is a gzip file. Unpacked it is a header and sections, all numbers little-endian:
///
///     8 bytes  "TWAINREC", u32 version (2), u32 nested format (0 NPT, 1 EPT)
///     section: 4 bytes name, u32 0, u64 bytes of content, content
///       "MSG "  text: why the machine stood
///       "PROC"  abi::DebugProcess[]         (40 bytes each: u64 root, u64 image, u32 pid, u32 0, char name[16])
///       "VCPU"  u64[8] each: thread, in guest, paging known, cr0, cr3, cr4, efer, rip
///       "REGS"  registers of the core that stood: char name[16], u64 value
///       "PAGE"  pages: u64 physical address, u64 n, then n times: u64 index in bits 63:52, u64 entry (not 0)
///       "RECS"  abi::TraceRecord[]          (80 bytes each), oldest first
///     Sections of other names are to be skipped.
#pragma once

#include <filesystem>

#include "debugger-ui/model/snapshot.h"

namespace debugger {

/// Writes a snapshot to `file`, whole or not at all. @throws machine::Error
void save_recording(const Snapshot& snapshot, const std::filesystem::path& file);
/// Reads one. @throws machine::Error that says in one line what is wrong with the file
Snapshot load_recording(const std::filesystem::path& file);

}  // namespace debugger
