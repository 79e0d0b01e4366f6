// SPDX-License-Identifier: MIT
/// @file
/// @brief Draining the trace ring.
/// @chapter observability
#include "debugger-ui/model/trace_log.h"

#include <algorithm>

namespace debugger {
namespace {

/// Rings of more records than this are damaged pointers, not rings.
constexpr u32 kMostRecords = 1 << 22;
/// A record that this many others have overtaken is not being written any more: its writer died.
constexpr u64 kOvertaken = 4096;

using Records = std::vector<abi::TraceRecord>;

/// Reads records [from, to) of the ring, which wraps.
bool read_records(const ReadPhysical& read, const TraceRing& ring, u64 from, u64 to, Records& records) {
    records.resize(to - from);
    for (u64 sequence = from; sequence < to;) {
        const u64 index = (sequence - 1) % ring.capacity;
        const u64 count = std::min(to - sequence, ring.capacity - index);
        auto* into = reinterpret_cast<u8*>(&records[sequence - from]);
        if (!read(ring.records + index * sizeof(abi::TraceRecord), {into, count * sizeof(abi::TraceRecord)}))
            return false;
        sequence += count;
    }
    return true;
}

}  // namespace

const char* resolution_name(u8 resolution) {
    static constexpr const char* kNames[] = {"mapped",    "spurious",   "not backed", "denied",
                                             "no memory", "beyond end", "split",      "merged"};
    return resolution < std::size(kNames) ? kNames[resolution] : "?";
}

const char* cause_name(abi::TraceCause cause) {
    switch (cause) {
    case abi::TraceCause::Ring3: return "ring 3";
    case abi::TraceCause::RingV: return "ring V";
    case abi::TraceCause::Kernel: return "kernel";
    }
    return "?";
}

const char* access_name(u8 access) {
    static constexpr const char* kNames[] = {"read", "write", "execute"};
    return access < std::size(kNames) ? kNames[access] : "?";
}

const abi::TraceRecord& TraceLog::operator[](usize index) const {
    const auto after = std::upper_bound(chunks_.begin(), chunks_.end(), index,
                                        [](usize value, const Chunk& chunk) { return value < chunk.begin; });
    const Chunk& chunk = after[-1];
    return (*chunk.records)[index - chunk.begin];
}

bool TraceLog::has_gap_before(usize index) const {
    const u64 expected = index == 0 ? 1 : (*this)[index - 1].sequence + 1;
    return (*this)[index].sequence != expected;
}

void TraceLog::append(Records records) {
    if (records.empty()) return;
    for (const abi::TraceRecord& record : records) {
        lost_ += record.sequence - last_sequence_ - 1;
        last_sequence_ = record.sequence;
    }
    const usize begin = size();
    chunks_.push_back({begin, std::make_shared<const Records>(std::move(records))});
}

u64 drain_ring(const ReadPhysical& read, const TraceRing& ring, TraceLog& log, u64 most) {
    const u64 last = log.last_sequence();
    if (ring.capacity == 0 || ring.capacity > kMostRecords || ring.next <= last + 1) return 0;
    const u64 oldest = ring.next > ring.capacity ? ring.next - ring.capacity : 1;
    const u64 from = std::max(oldest, last + 1), to = from + std::min(ring.next - from, most);
    Records records;
    if (!read_records(read, ring, from, to, records)) return 0;
    Records whole;
    for (u64 sequence = from; sequence < to; ++sequence) {
        const abi::TraceRecord& record = records[sequence - from];
        if (record.sequence == sequence) {
            whole.push_back(record);
        } else if (record.sequence < sequence && ring.next - sequence < kOvertaken) {
            break;  // it is still being written
        }
    }
    const bool stuck = whole.empty();
    log.append(std::move(whole));
    return stuck ? 0 : ring.next - to;
}

bool TraceFilter::matches(const abi::TraceRecord& record) const {
    const bool by_cause = (record.cause == abi::TraceCause::Ring3 && ring3) ||
                          (record.cause == abi::TraceCause::RingV && ring_v) ||
                          (record.cause == abi::TraceCause::Kernel && kernel);
    return by_cause && record.address >= begin && record.address < end && (core < 0 || record.core == core) &&
           (root == 0 || root_of(record).raw == root);
}

}  // namespace debugger
