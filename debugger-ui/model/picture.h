// SPDX-License-Identifier: MIT
/// @file
/// @brief Everything that a frame of the window shows, worked out before it is painted.
/// @chapter observability
#pragma once

#include "debugger-ui/model/history.h"
#include "debugger-ui/model/snapshot.h"

namespace debugger {

/// What a person looks at. Views change it by sending a new one.
struct Selection {
    AddressKind kind = AddressKind::GuestPhys;
    Access access = Access::Read;
    u64 address = 0;
    u64 root = 0;     ///< the process by its root pair; 0: the one that matters most
    usize vcpu = 0;   ///< whose tables translate a guest-virtual address
    i64 moment = -1;  ///< how many records have happened at the moment shown; -1: now
    TraceFilter filter{};
    u64 heat_begin = 0;  ///< the part of guest-physical space in the heat map; 0, 0: as much as is used
    u64 heat_end = 0;
    i64 step = -1;  ///< of the walk, whose pair is shown; -1: the last
    MemoryPlace memory{};
    usize frame = 0;     ///< of the stack, whose source is shown
    std::string code{};  ///< a function, FILE:LINE or 0xADDRESS whose source is shown instead; empty: none
    unsigned core = 0;   ///< whose registers are shown, counted from 1; 0: the one that stopped
    bool operator==(const Selection&) const = default;
};

/// One pair of the path to the selected address.
struct PairPicture {
    unsigned level = 0;
    PhysAddr place{};
    u64 base = 0;        ///< the first address that the pair translates
    unsigned slot = 0;   ///< on the path
    bool known = false;  ///< false: the pair's pages were not read
    std::array<Cell, kEntriesPerTable> host{}, nested{};
    std::array<Violation, kEntriesPerTable> violations{};
    std::array<bool, kEntriesPerTable> changed{};  ///< by the record that happened last
    usize violation_count = 0;
};

/// How many faults fell into each equal part of a range of addresses, up to the moment shown.
struct HeatPicture {
    static constexpr usize kCells = 512;
    u64 begin = 0, end = 0;
    std::array<u32, kCells> faults{};
    u32 most = 0;
    u64 bytes_per_cell() const { return (end - begin) / kCells; }
};

struct Picture {
    Selection selection;
    std::shared_ptr<const Snapshot> snapshot;
    Process process{PhysAddr(0), 0, {}};  ///< whose pairs are shown; root 0: there is none
    u64 pair_address = 0;                 ///< what the path leads to: the address, or what the walk's step translates
    unsigned pair_level = 0;              ///< of the entry that the walk's step reads; 0: it is none of a pair's
    usize step = 0;                       ///< the walk's step looked at
    std::vector<PairPicture> path;        ///< from the root on
    Walk walk;
    std::string walk_text;
    std::vector<u32> faults;  ///< indices into the log of what the filter lets through
    usize fault_cursor = 0;   ///< how many of them have happened at the moment shown
    usize unexplained = 0;
    HeatPicture heat;
};

/// Makes pictures one after another, keeping what the next one can use again.
class Painter {
   public:
    /// Works the whole picture out. The same snapshot and selection give an equal picture.
    std::shared_ptr<const Picture> paint(std::shared_ptr<const Snapshot> snapshot, const Selection& selection);

   private:
    std::shared_ptr<const Snapshot> of_;
    std::optional<History> history_;
};

/// Reads, and thereby gathers, every page that a picture of this selection needs.
void gather_pages(PageSource& pages, const Snapshot& snapshot, const Selection& selection);

/// What is looked at once a stop's focus has been followed: the newest moment there, everything else as it was.
Selection focused(const Selection& before, const Focus& focus);

/// Whether pictures of both need the same pages.
bool need_the_same_pages(const Selection& a, const Selection& b);

/// Reads memory of any space by the walks of the snapshot.
MemoryText read_memory(PageSource& pages, const Snapshot& snapshot, const Selection& selection,
                       const MemoryPlace& place);

/// The walk that a selection asks for, in a snapshot.
WalkQuestion question_of(const Snapshot& snapshot, const Selection& selection);

}  // namespace debugger
