// SPDX-License-Identifier: MIT
/// @file
/// @brief The kernel's trace ring, drained into a log that only grows, with what was lost counted.
/// @chapter observability
#pragma once

#include <memory>
#include <vector>

#include "abi/debug.h"
#include "debugger-ui/model/pages.h"

namespace debugger {

/// Whether the record's fault was settled by writing an entry: AddressSpace's Resolution::Mapped.
inline constexpr u8 kResolutionMapped = 0;
const char* resolution_name(u8 resolution);
const char* cause_name(abi::TraceCause cause);
const char* access_name(u8 access);
/// The physical address of the root pair of the tree that a record changed.
constexpr PhysAddr root_of(const abi::TraceRecord& record) {
    return PhysAddr(static_cast<u64>(record.root_page) << kPageShift);
}

/// Records in the order of their sequence numbers. A copy shares what both have: it costs a pointer for each time that
/// records were added.
class TraceLog {
   public:
    usize size() const { return chunks_.empty() ? 0 : chunks_.back().begin + chunks_.back().records->size(); }
    const abi::TraceRecord& operator[](usize index) const;
    /// The sequence number of the newest record, 0 before the first.
    u64 last_sequence() const { return last_sequence_; }
    /// Records that the kernel wrote and nobody read before they were overwritten.
    u64 lost() const { return lost_; }
    /// Whether records are missing right before this one.
    bool has_gap_before(usize index) const;

    /// Adds records; their sequence numbers go up.
    void append(std::vector<abi::TraceRecord> records);

   private:
    struct Chunk {
        usize begin;  ///< the index of its first record
        std::shared_ptr<const std::vector<abi::TraceRecord>> records;
    };
    std::vector<Chunk> chunks_;
    u64 last_sequence_ = 0;
    u64 lost_ = 0;
};

/// Where the ring is and how far the kernel has come, from the debug block.
struct TraceRing {
    PhysAddr records;
    u32 capacity = 0;  ///< in records
    u64 next = 0;      ///< the sequence number that the next record gets
};

/// Reads what the ring has beyond `log` and adds it. A record that is being written, and all behind it, is left for the
/// next time. Nothing is changed where memory cannot be read or the ring makes no sense. At most `most` records, the oldest
/// first; returns how many more can be read right away.
u64 drain_ring(const ReadPhysical& read, const TraceRing& ring, TraceLog& log, u64 most = ~0ULL);

/// Which records a view shows.
struct TraceFilter {
    u64 begin = 0, end = ~0ULL;  ///< addresses, end excluded
    bool ring3 = true, ring_v = true, kernel = true;
    i64 core = -1;  ///< -1: every
    u64 root = 0;   ///< the tree; 0: every
    bool operator==(const TraceFilter&) const = default;
    bool matches(const abi::TraceRecord& record) const;
};

}  // namespace debugger
