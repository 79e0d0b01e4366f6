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
    /// Exchanges the frame of the 4 KiB page that is mapped at `address` (copy on write); the old one's reference goes to
    /// `flush`.
    EntryPair replace(VirtAddr address, FrameRef frame, Rights rights, TlbFlush& flush);
    /// Unmaps every page in [begin, end) and gives empty pairs back, both through `flush`.
    void unmap(VirtAddr begin, VirtAddr end, TlbFlush& flush);

    // Sizes (page_sizes.cpp). What changes its size is closed first, in both halves, and forgotten by every core, and only then
    // opened again: no core ever has two sizes of translations for one address (which processors may answer with a machine
    // check), and what it had noted of accesses is complete when it is carried over.

    /// Splits the page at `address`, if there is one, as often as needed until it is of `size` or smaller. ENOMEM: it may
    /// have been split less often.
    Result<void> split(VirtAddr address, PageSize size, TlbFlush& flush);
    /// Splits so that no page reaches from below `border` to above it. ENOMEM as above.
    Result<void> split_at(VirtAddr border, TlbFlush& flush);
    /// Makes one page of `size` of the 512 next smaller ones around `address`, where all are there, with the same rights, and
    /// their frames lie as those of one page do. False: nothing changed.
    bool merge(VirtAddr address, PageSize size, TlbFlush& flush);
    /// What a table of 4 KiB pages is made of.
    struct Contents {
        unsigned pages = 0;    ///< that are mapped
        bool uniform = false;  ///< all of them with the same rights, and with frames that nobody else has
        Rights rights = {};
    };
    /// Of the table of 4 KiB pages around `address`; nothing where there is none.
    Contents contents(VirtAddr address) const;
    /// Copies the 4 KiB pages around `address` into `block`, of 2 MiB and cleared where they are not, and maps that instead.
    void gather(VirtAddr address, FrameRef block, Rights rights, TlbFlush& flush);

    /// Calls `visit(address, size, entry)` for every leaf in [begin, end), in order; skips what is not there by whole tables.
    template <class Visit>
    void for_each_leaf(VirtAddr begin, VirtAddr end, Visit&& visit) const;

    /// Pairs in the tree, root included.
    u64 pair_count() const { return pair_count_; }
    /// Pages of `size` in the tree.
    u64 page_count(PageSize size) const { return page_count_[level_of(size)]; }

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
    EntryPair store(const Slot& slot, EntryPair next);
    void link(const Slot& slot, VirtAddr address, PhysAddr pair);
    Result<void> split_once(const Slot& slot, VirtAddr address, TlbFlush& flush);
    const TablePair* table_below(VirtAddr address, PageSize size) const;
    PhysAddr close_table(VirtAddr address, unsigned level, TlbFlush& flush);
    void unmap_table(TablePair& table, unsigned level, VirtAddr table_begin, VirtAddr begin, VirtAddr end,
                     TlbFlush& flush);

    PhysAddr root_;
    u64 pair_count_ = 1;
    u64 page_count_[kRootLevel] = {};  ///< by level, 1 .. 3
};

/// The pair at a physical address, in the direct map.
inline TablePair& pair_at(PhysAddr address) { return *static_cast<TablePair*>(frames::virt_from_phys(address)); }

/// The table that entry `index`, which points at one, points at.
inline TablePair& next_table(const TablePair& table, unsigned index) { return pair_at(table.host[index].frame()); }

/// Both halves of an entry that maps the page of `size` at `address` to `frame`; the nested one is empty outside the window.
EntryPair leaf_pair(VirtAddr address, PageSize size, PhysAddr frame, Rights rights);
/// The accessed and dirty bits that the processor set in either half, as a host entry holds them.
HostEntry noted_by_processor(EntryPair entry);

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

/// The largest size of pages that both halves may have on this machine; 4 KiB until it is decided.
PageSize largest_page();
/// Decides it; called once, before the first process.
void set_largest_page(PageSize size);

/// The format of the nested halves on this machine; Npt on one without either extension.
NestedFormat nested_format();
/// Decides it; called once, before the first process.
void set_nested_format(NestedFormat format);
