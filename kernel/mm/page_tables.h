// SPDX-License-Identifier: MIT
/// @file
/// @brief A process's tree of pairs: the one walk, and the one place that writes entries.
/// @chapter pair
#pragma once

#include "mm/tlb_flush.h"
#include "x86/paging.h"

/// An entry and its nested entry, 4096 bytes further on.
struct EntryPair {
    HostEntry host;
    NestedEntry nested;
};

/// Where a walk ended: the level that the entry is on (1 .. 4) and the entry's two halves. Not mapped: nothing is there.
struct WalkResult {
    unsigned level;
    EntryPair entry;
    bool mapped() const { return entry.host.mapped(); }
};

/// A tree of TablePairs, root included. The caller of every method but the constructor holds the address space's lock.
class PageTables {
   public:
    /// An empty tree whose kernel slots (256 .. 511) are the kernel's. ENOMEM.
    static Result<PhysAddr> create_root();
    /// Takes over a root that `create_root` made. Whoever destroys a tree has unmapped everything before.
    explicit PageTables(PhysAddr root) : root_(root) {}
    ~PageTables();
    PageTables(const PageTables&) = delete;
    PageTables& operator=(const PageTables&) = delete;

    /// What CR3 holds: the host half of the root.
    PhysAddr host_root() const { return root_; }
    /// What EPTP or nCR3 holds: the nested half.
    PhysAddr nested_root() const { return root_ + kPageBytes; }

    /// Follows `address` down to the leaf, or to the first entry that has nothing.
    WalkResult walk(VirtAddr address) const;

    /// Maps the page of `size` at `address` (aligned to it) to `frame`, in both halves inside the window and in the host half
    /// outside, making the pairs on the way. Nothing may be mapped there yet. Takes `frame`'s reference over.
    /// ENOMEM: no leaf was written; pairs made on the way stay, empty.
    Result<EntryPair> map(VirtAddr address, PageSize size, FrameRef frame, Rights rights);
    /// Changes the rights of the page that is mapped at `address`; `flush` owes the invalidation.
    EntryPair protect(VirtAddr address, Rights rights, TlbFlush& flush);
    /// Exchanges the frame of the page that is mapped at `address` (copy on write); the old one's reference goes to `flush`.
    EntryPair replace(VirtAddr address, FrameRef frame, Rights rights, TlbFlush& flush);
    /// Unmaps every page in [begin, end) and gives empty pairs back, both through `flush`.
    void unmap(VirtAddr begin, VirtAddr end, TlbFlush& flush);

    /// Calls `visit(address, size, entry)` for every leaf in [begin, end), in order; skips what is not there by whole tables.
    template <class Visit>
    void for_each_leaf(VirtAddr begin, VirtAddr end, Visit&& visit) const;

    /// Pairs in the tree, root included.
    u64 pair_count() const { return pair_count_; }

   private:
    friend class PairChecker;
    /// An entry's place: its pair and its index there.
    struct Slot {
        TablePair* table;
        unsigned index;
        unsigned level;
    };
    Slot find(VirtAddr address) const;
    Result<Slot> make(VirtAddr address, unsigned level);
    void unmap_table(TablePair& table, unsigned level, VirtAddr table_begin, VirtAddr begin, VirtAddr end,
                     TlbFlush& flush);

    PhysAddr root_;
    u64 pair_count_ = 1;
};

/// The pair at a physical address, in the direct map.
inline TablePair& pair_at(PhysAddr address) { return *static_cast<TablePair*>(frames::virt_from_phys(address)); }

template <class Visit>
void PageTables::for_each_leaf(VirtAddr begin, VirtAddr end, Visit&& visit) const {
    for (VirtAddr at = begin; at < end;) {
        const WalkResult found = walk(at);
        const u64 span = bytes_per_entry(found.level);
        const VirtAddr start{align_down(at.raw, span)};
        if (found.mapped()) visit(start, static_cast<PageSize>(found.level), found.entry);
        at = start + span;
    }
}

/// The format of the nested halves on this machine; Npt on one without either extension.
NestedFormat nested_format();
/// Decides it; called once, before the first process.
void set_nested_format(NestedFormat format);
