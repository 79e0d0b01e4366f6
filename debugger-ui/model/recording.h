// SPDX-License-Identifier: MIT
/// @file
/// @brief Recordings: a snapshot in a file, to be looked at without any machine.
/// @chapter observability
///
/// A recording is a gzip file. Unpacked it is a header and sections, all numbers little-endian:
///
///     8 bytes  "TWAINREC", u32 version (3), u32 nested format (0 NPT, 1 EPT)
///     section: 4 bytes name, u32 0, u64 bytes of content, content
///       "MSG "  text: why the machine stood
///       "PROC"  abi::DebugProcess[]         (40 bytes each: u64 root, u64 image, u32 pid, u32 0, char name[16])
///       "VCPU"  u64[8] each: thread, in guest, paging known, cr0, cr3, cr4, efer, rip
///       "REGS"  registers of the core that stood: char name[16], u64 value
///       "PAGE"  pages: number of the page against the page before, n; then n times for the entries that are not 0:
///               how many 0 were skipped, and the entry against the one before in the page
///       "RECS"  records, oldest first: n, then n times a mask and one number for each bit that is set in it, from bit 0 on:
///               sequence, time, core, level after, thread, cause, access, level, resolution, root page, address, guest-virtual,
///               host entry before and after, nested entry before and after. What stands there is the difference to what was to
///               be expected: the value of the record before (0 before the first), the next sequence number; of a nested entry,
///               what differs from its host entry as there (host ^ nested).
///     Sections of other names are to be skipped.
///
/// Numbers of the last two are LEB128: 7 bits a byte, lowest first, bit 7 says that more follow. A difference d is written as
/// 2d, or -2d - 1 where it is negative, modulo 2^64; what differs between two entries as it is.
#pragma once

#include <filesystem>

#include "debugger-ui/model/snapshot.h"

namespace debugger {

/// Writes a snapshot to `file`, whole or not at all. @throws machine::Error
void save_recording(const Snapshot& snapshot, const std::filesystem::path& file);
/// Reads one. @throws machine::Error that says in one line what is wrong with the file
Snapshot load_recording(const std::filesystem::path& file);

}  // namespace debugger
