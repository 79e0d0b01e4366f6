// SPDX-License-Identifier: MIT
/// @file
/// @brief The pairs as they were: the entries of now, with the records of what changed them taken back one by one.
/// @chapter nested-faults
#pragma once

#include "debugger-ui/model/trace_log.h"

namespace debugger {

/// The pages of a snapshot, at any moment that its log covers. Moving costs what the moment moves by.
///
/// A record says what an entry was before and after one fault. Accessed and dirty bits are set by the processor, and
/// unmapping, protecting and forking leave no record: where an entry is not what the later record says, it is counted in
/// `unexplained()`, and shown as the record has it.
class History {
   public:
    History(PageSet now, TraceLog log) : pages_(std::move(now)), log_(std::move(log)), position_(log_.size()) {}

    /// How many of the log's records have happened at the moment shown; the log's size: now.
    usize position() const { return position_; }
    void move_to(usize position);
    const PageSet& pages() const { return pages_; }
    PageSet& pages() { return pages_; }
    const TraceLog& log() const { return log_; }
    /// Entries that changed without a record, among those taken back at this moment.
    usize unexplained() const;

   private:
    struct Slot {
        PhysAddr host{};  ///< of the host entry; the nested one is 4096 bytes behind
        u64 host_entry = 0, nested_entry = 0;
    };
    /// What one record's way back overwrote, so that going forward again restores it.
    struct Undone {
        bool changed = false;
        bool unexplained = false;
        Slot slot{};
    };
    std::optional<Slot> find(const abi::TraceRecord& record, unsigned level);
    void store(const Slot& slot);
    Undone take_back(const abi::TraceRecord& record);

    PageSet pages_;
    TraceLog log_;
    usize position_;
    std::vector<Undone> undone_;  ///< for the records from position_ on, newest first
};

}  // namespace debugger
