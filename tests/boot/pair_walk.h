// SPDX-License-Identifier: MIT
/// @file
/// @brief Looks at Twain's processes and their pairs from outside, by nothing but reads of physical memory.
/// @chapter pair
#pragma once

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "abi/debug.h"
#include "debugger-ui/rsp/rsp.h"
#include "debugger-ui/symbols/symbols.h"
#include "x86/paging.h"

namespace machine {

/// The kernel's debug block, read anew. @throws Error where it is not the version that we were built with
std::unique_ptr<abi::DebugBlock> read_debug_block(Rsp& rsp, const Symbols& kernel);

/// What a walk over all pairs of one process found.
struct PairWalk {
    std::vector<std::string> violations;  ///< of: nested is a subset of host, equal inside the window, empty outside
    std::vector<PhysAddr> pairs;          ///< every table, the root first
    std::vector<PhysAddr> in_window[kRootLevel];  ///< by level: those of them that map pages of the window
    std::unordered_set<u64> guest_frames;         ///< 4 KiB frames that ring V can write
    std::unordered_set<u64> private_frames;       ///< 4 KiB frames that ring 3 can write outside the window
    u64 window_bytes = 0;
    u64 bytes_of_level[kRootLevel] = {};  ///< that pages of the window map, by the level of their entries
};

/// Walks both halves from the root pair at `root`, side by side. The machine must be stopped.
PairWalk walk_pairs(Rsp& rsp, PhysAddr root, NestedFormat format);

}  // namespace machine
