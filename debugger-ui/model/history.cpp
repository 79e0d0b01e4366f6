// SPDX-License-Identifier: MIT
/// @file
/// @brief Taking records back, and doing them again.
/// @chapter nested-faults
#include "debugger-ui/model/history.h"

#include <algorithm>

namespace debugger {
namespace {

constexpr u64 kSetByProcessor = HostEntry::A | HostEntry::D | NestedEntry::kEptAccessed | NestedEntry::kEptDirty;

bool same_but_for_processor(u64 a, u64 b) { return ((a ^ b) & ~kSetByProcessor) == 0; }

}  // namespace

std::optional<History::Slot> History::find(const abi::TraceRecord& record, unsigned level) {
    PhysAddr table = root_of(record);
    for (unsigned at = kRootLevel; at >= 1; --at) {
        const Page* host = pages_.find(table);
        const Page* nested = pages_.find(table + kPageBytes);
        if (!host || !nested) return std::nullopt;
        const unsigned index = table_index(VirtAddr(record.address), at);
        if (at == level) return Slot{table + 8 * index, (*host)[index], (*nested)[index]};
        const HostEntry entry((*host)[index]);
        if (!entry.mapped() || entry.is_leaf(at)) return std::nullopt;
        table = entry.frame();
    }
    return std::nullopt;
}

void History::store(const Slot& slot) {
    const usize index = slot.host.page_offset() / 8;
    if (Page* host = pages_.own(slot.host)) (*host)[index] = slot.host_entry;
    if (Page* nested = pages_.own(slot.host + kPageBytes)) (*nested)[index] = slot.nested_entry;
}

History::Undone History::take_back(const abi::TraceRecord& record) {
    const bool sized = record.resolution == abi::kTraceSplit || record.resolution == abi::kTraceMerged;
    if (record.resolution != kResolutionMapped && !sized) return {};
    const std::optional<Slot> after = find(record, record.level_after);
    // Where tables were made on the way, taking back the highest entry takes them all back.
    const std::optional<Slot> before = find(record, record.level);
    if (!before) return {};
    // The table that a merge gave up may be another one by now.
    const bool explained = record.resolution != abi::kTraceMerged && after &&
                           same_but_for_processor(after->host_entry, record.host_after) &&
                           same_but_for_processor(after->nested_entry, record.nested_after);
    store({before->host, record.host_before, record.nested_before});
    return {true, !explained, *before};
}

void History::move_to(usize position) {
    position = std::min(position, log_.size());
    while (position_ > position) undone_.push_back(take_back(log_[--position_]));
    for (; position_ < position; ++position_) {
        if (undone_.back().changed) store(undone_.back().slot);
        undone_.pop_back();
    }
}

usize History::unexplained() const {
    return static_cast<usize>(
        std::count_if(undone_.begin(), undone_.end(), [](const Undone& one) { return one.unexplained; }));
}

}  // namespace debugger
