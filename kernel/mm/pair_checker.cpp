// SPDX-License-Identifier: MIT
/// @file
/// @brief The checker: walks both halves of every pair and says the first thing that is wrong.
/// @chapter pair
#include "mm/address_space.h"

/// One check of one address space: nested ⊆ host everywhere, equal inside the window, empty outside it; and no leaf without a
/// region that allows it.
class PairChecker {
   public:
    explicit PairChecker(AddressSpace& space) : space_(space) {}

    const char* check() {
        const TablePair& root = pair_at(space_.tables_.host_root());
        for (unsigned slot = 0; slot < kEntriesPerTable; ++slot) {
            if (slot != kWindowSlot && root.nested[slot].raw() != 0)
                return "the nested root has an entry outside the window";
        }
        if (const char* wrong = check_table(root, kRootLevel, VirtAddr(0))) return wrong;
        if (pairs_ != space_.tables_.pair_count()) return "the tree has more or fewer pairs than were counted";
        for (const PageSize size : {PageSize::Size4K, PageSize::Size2M, PageSize::Size1G}) {
            if (pages_[level_of(size)] != space_.tables_.page_count(size))
                return "the tree has more or fewer pages of a size than were counted";
        }
        return nullptr;
    }

    /// The entries on the way to `page`.
    const char* check_way(VirtAddr page) {
        const WalkResult end = space_.tables_.walk(page);
        const TablePair* table = &pair_at(space_.tables_.host_root());
        for (unsigned level = kRootLevel;; --level) {
            const unsigned index = table_index(page, level);
            const EntryPair entry{table->host[index], table->nested[index]};
            if (const char* wrong = check_entry(entry, level, page)) return wrong;
            if (level == end.level) return nullptr;
            table = &pair_at(entry.host.frame());
        }
    }

   private:
    const char* check_table(const TablePair& table, unsigned level, VirtAddr begin) {
        ++pairs_;
        const unsigned count = level == kRootLevel ? kFirstKernelSlot : kEntriesPerTable;
        for (unsigned index = 0; index < count; ++index) {
            const VirtAddr address = begin + index * bytes_per_entry(level);
            const EntryPair entry{table.host[index], table.nested[index]};
            if (const char* wrong = check_entry(entry, level, address)) return wrong;
            if (!entry.host.present() || entry.host.is_leaf(level)) continue;
            if (const char* wrong = check_table(pair_at(entry.host.frame()), level - 1, address)) return wrong;
        }
        return nullptr;
    }

    const char* check_entry(EntryPair entry, unsigned level, VirtAddr address) {
        const NestedFormat format = nested_format();
        if (!entry.host.present()) {
            if (entry.nested.raw()) return "a nested entry stands beside a host entry that is not present";
            return entry.host.mapped() ? check_page(entry, static_cast<PageSize>(level), address) : nullptr;
        }
        if (!in_window(address)) {
            if (entry.nested.raw()) return "a nested entry outside the window";
        } else if (!entry.nested.present(format)) {
            return "a host entry inside the window has no nested entry";
        } else if (entry.host.is_leaf(level)) {
            if (!entry.nested.is_leaf(level) || entry.nested.frame() != entry.host.frame())
                return "the two leaves name different frames";
            if (!(entry.nested.rights(format) == entry.host.rights())) return "the two leaves give different rights";
        } else if (entry.nested.is_leaf(level) || entry.nested.frame() != entry.host.frame() + kPageBytes) {
            return "a nested entry does not point at the odd half of the next pair";
        }
        return entry.host.is_leaf(level) ? check_page(entry, static_cast<PageSize>(level), address) : nullptr;
    }

    const char* check_page(EntryPair entry, PageSize size, VirtAddr address) {
        ++pages_[level_of(size)];
        const PhysAddr frame = entry.host.frame();
        if (!is_aligned(frame.raw, bytes_of(size))) return "a large page has frames that are not aligned to its size";
        // Its first and last frame stand for all: to count a GiB's would take as long as to walk a guest's pairs.
        if (!FrameRef::count_of(frame) || !FrameRef::count_of(frame + (bytes_of(size) - kPageBytes)))
            return "a page has frames that are free";
        const Region* region = space_.find(address);
        if (!region) return "a page is mapped where no region is";
        if (!region->covers_page(address, size)) return "a page reaches over the end of its region";
        const Rights allowed = rights_of(*region), given = entry.host.rights();
        if ((given.read && !allowed.read) || (given.write && !allowed.write) || (given.execute && !allowed.execute)) {
            return "a page has rights that its region does not give";
        }
        return nullptr;
    }

    AddressSpace& space_;
    u64 pairs_ = 0;
    u64 pages_[kRootLevel] = {};  ///< by level
};

const char* AddressSpace::check() {
    MutexGuard guard(lock_);
    return PairChecker(*this).check();
}

#ifdef TWAIN_DEBUG
void AddressSpace::check_change(VirtAddr page) {
    PairChecker checker(*this);
    const char* wrong = page < kUserEnd ? checker.check_way(page) : checker.check();
    if (wrong) PANIC(wrong, tables_.host_root(), page);
}
#endif
