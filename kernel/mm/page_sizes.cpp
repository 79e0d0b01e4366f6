// SPDX-License-Identifier: MIT
/// @file
/// @brief Pages that change their size: split, merged, and gathered from scattered frames.
/// @chapter large-pages
#include "lib/string.h"
#include "mm/page_tables.h"

namespace {

/// Whether a table's 512 entries are pages whose frames lie one behind the other, as those of one page of `size`, with the
/// same rights. Its last entry is looked at first: in a table that is being filled it is the one that is missing.
bool is_one_page(const TablePair& table, PageSize size) {
    const unsigned level = level_of(smaller(size));
    const HostEntry first = table.host[0];
    const auto continues = [&](unsigned index) {
        const HostEntry entry = table.host[index];
        return entry.mapped() && entry.is_leaf(level) && entry.rights() == first.rights() &&
               entry.frame() == first.frame() + index * bytes_per_entry(level);
    };
    if (!is_aligned(first.frame().raw, bytes_of(size)) || !continues(0)) return false;
    for (unsigned index = kEntriesPerTable - 1; index > 0; --index) {
        if (!continues(index)) return false;
    }
    return true;
}

/// What the processor noted of any page of a table.
HostEntry noted_in(const TablePair& table) {
    u64 bits = 0;
    for (unsigned index = 0; index < kEntriesPerTable; ++index) {
        if (table.host[index].mapped()) bits |= noted_by_processor({table.host[index], table.nested[index]}).raw();
    }
    return HostEntry(bits);
}

}  // namespace

Result<void> PageTables::split_once(const Slot& slot, VirtAddr address, TlbFlush& flush) {
    const PhysAddr pair = TRY(frames::allocate(kPairOrder, Fill::Zero));
    const PageSize size = static_cast<PageSize>(slot.level), part = smaller(size);
    const VirtAddr begin{align_down(address.raw, bytes_of(size))};
    const EntryPair old = store(slot, {});
    flush.add(begin);
    flush.settle();
    // Each part may have been what was accessed or written: all of them say so.
    const HostEntry noted = noted_by_processor(old);
    for (unsigned index = 0; index < kEntriesPerTable; ++index) {
        const u64 offset = index * bytes_of(part);
        EntryPair entry = leaf_pair(begin + offset, part, old.host.frame() + offset, old.host.rights());
        entry.host = entry.host.with_accessed_dirty(noted);
        store({&pair_at(pair), index, level_of(part)}, entry);
    }
    link(slot, begin, pair);
    return {};
}

Result<void> PageTables::split(VirtAddr address, PageSize size, TlbFlush& flush) {
    for (;;) {
        const Slot slot = find(address);
        if (slot.level <= level_of(size) || !slot.table->host[slot.index].mapped()) return {};
        TRY(split_once(slot, address, flush));
    }
}

Result<void> PageTables::split_at(VirtAddr border, TlbFlush& flush) {
    for (;;) {
        const Slot slot = find(border);
        if (is_aligned(border.raw, bytes_per_entry(slot.level))) return {};
        if (!slot.table->host[slot.index].mapped()) return {};
        TRY(split_once(slot, border, flush));
    }
}

/// The table that stands where a page of `size` could, or null.
const TablePair* PageTables::table_below(VirtAddr address, PageSize size) const {
    const TablePair* table = &pair_at(root_);
    for (unsigned level = kRootLevel; level >= level_of(size); --level) {
        const unsigned index = table_index(address, level);
        const HostEntry entry = table->host[index];
        if (!entry.mapped() || entry.is_leaf(level)) return nullptr;
        table = &next_table(*table, index);
    }
    return table;
}

/// Takes the table of level `level` around `address` out of the tree, and answers it. No core knows it any more: what its
/// entries say is final.
PhysAddr PageTables::close_table(VirtAddr address, unsigned level, TlbFlush& flush) {
    TablePair* above = &pair_at(root_);
    for (unsigned at = kRootLevel; at > level + 1; --at) above = &next_table(*above, table_index(address, at));
    const EntryPair old = store({above, table_index(address, level + 1), level + 1}, {});
    flush.add_all();
    flush.settle();
    --pair_count_;
    for (const HostEntry& entry : pair_at(old.host.frame()).host) {
        if (entry.mapped()) --page_count_[level];
    }
    return old.host.frame();
}

bool PageTables::merge(VirtAddr address, PageSize size, TlbFlush& flush) {
    const TablePair* table = table_below(address, size);
    if (!table || !is_one_page(*table, size)) return false;
    const VirtAddr begin{align_down(address.raw, bytes_of(size))};
    const PhysAddr pair = close_table(begin, level_of(smaller(size)), flush);
    // The parts' references to their frames become the whole page's.
    EntryPair whole = leaf_pair(begin, size, table->host[0].frame(), table->host[0].rights());
    whole.host = whole.host.with_accessed_dirty(noted_in(*table));
    store(find(begin), whole);
    frames::free(pair, kPairOrder);
    return true;
}

PageTables::Contents PageTables::contents(VirtAddr address) const {
    Contents found;
    const TablePair* table = table_below(address, PageSize::Size2M);
    if (!table) return found;
    found.uniform = true;
    for (const HostEntry& entry : table->host) {
        if (!entry.mapped()) continue;
        if (found.pages++ == 0) found.rights = entry.rights();
        if (!(entry.rights() == found.rights) || FrameRef::count_of(entry.frame()) != 1) found.uniform = false;
    }
    return found;
}

void PageTables::gather(VirtAddr address, FrameRef block, Rights rights, TlbFlush& flush) {
    const VirtAddr begin{align_down(address.raw, bytes_of(PageSize::Size2M))};
    const PhysAddr pair = close_table(begin, 1, flush);
    const TablePair& table = pair_at(pair);
    // Nobody can write to the pages any more while they are copied.
    std::byte* to = block.data();
    for (const HostEntry& entry : table.host) {
        if (entry.mapped()) {
            const FrameRef page = FrameRef::adopt(entry.frame());
            memcpy(to, page.data(), kPageBytes);
        } else {
            memset(to, 0, kPageBytes);
        }
        to += kPageBytes;
    }
    EntryPair whole = leaf_pair(begin, PageSize::Size2M, block.leak(), rights);
    whole.host = whole.host.with_accessed_dirty(noted_in(table));
    store(find(begin), whole);
    frames::free(pair, kPairOrder);
}
