// SPDX-License-Identifier: MIT
/// @file
/// @brief What a guest's memory has cost until now: its nested faults, and the pairs of its process.
/// @chapter pair
#include "tests/boot/nested_faults.h"

#include <algorithm>
#include <cstring>

#include "debugger-ui/rsp/error.h"
#include "tests/machine/machine.h"

namespace machine {

NestedFaults nested_faults(Rsp& rsp) {
    if (rsp.is_running()) rsp.interrupt();
    const Symbols kernel(build_directory() + "/twain.elf");
    const auto block = read_debug_block(rsp, kernel);
    NestedFaults found;
    for (const abi::DebugProcess& process : block->processes) {
        if (process.root == 0) continue;
        PairWalk walk = walk_pairs(rsp, PhysAddr(process.root), static_cast<NestedFormat>(block->nested_format));
        if (walk.window_bytes >= found.walk.window_bytes) found.walk = std::move(walk);
    }
    std::vector<abi::TraceRecord> ring(std::min<u64>(block->trace_next - 1, block->trace_records));
    const Bytes content = rsp.read_physical(PhysAddr(block->trace), ring.size() * sizeof(abi::TraceRecord));
    std::memcpy(static_cast<void*>(ring.data()), content.data(), content.size());
    constexpr u8 kMapped = 0;
    std::erase_if(ring, [](const abi::TraceRecord& record) {
        return record.cause != abi::TraceCause::RingV || record.resolution != kMapped;
    });
    std::sort(ring.begin(), ring.end(), [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
    found.records = std::move(ring);
    return found;
}

}  // namespace machine
