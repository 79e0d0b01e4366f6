// SPDX-License-Identifier: MIT
/// @file
/// @brief The walk down a tree of pairs, and the one store that writes both halves.
/// @chapter pair
#include "mm/page_tables.h"

#include <atomic>

#include "mm/kernel_space.h"

namespace {

constinit NestedFormat format = NestedFormat::Npt;
constinit PageSize largest = PageSize::Size4K;

EntryPair read(const TablePair& table, unsigned index) { return {table.host[index], table.nested[index]}; }

bool is_empty(const TablePair& table) {
    for (const HostEntry& entry : table.host) {
        if (entry.mapped()) return false;
    }
    return true;
}

}  // namespace

NestedFormat nested_format() { return format; }
void set_nested_format(NestedFormat chosen) { format = chosen; }

PageSize largest_page() { return largest; }
void set_largest_page(PageSize size) { largest = size; }

HostEntry noted_by_processor(EntryPair entry) {
    const bool accessed = entry.host.accessed() || entry.nested.accessed(format);
    const bool dirty = entry.host.dirty() || entry.nested.dirty(format);
    return HostEntry((accessed ? HostEntry::A : 0) | (dirty ? HostEntry::D : 0));
}

EntryPair leaf_pair(VirtAddr address, PageSize size, PhysAddr frame, Rights rights) {
    const bool visible = in_window(address);
    return {HostEntry::leaf(frame, size, rights),
            visible ? NestedEntry::leaf(frame, size, rights, format) : NestedEntry()};
}

/// The one place that writes entries. Both halves are closed, the nested one first, and opened again, the nested one last: at
/// no moment does the nested half allow what the host half does not, also for a core that walks while this runs. (One that
/// finds the entry closed faults, waits for the lock, and finds it open.) The exchanges are atomic because the processor
/// sets accessed and dirty bits in the same words at any time; what it noted of a frame that stays is carried over.
EntryPair PageTables::store(const Slot& slot, EntryPair next) {
    std::atomic_ref<u64> host(reinterpret_cast<u64&>(slot.table->host[slot.index]));
    std::atomic_ref<u64> nested(reinterpret_cast<u64&>(slot.table->nested[slot.index]));
    const NestedEntry old_nested{nested.exchange(0)};
    const HostEntry old_host{host.exchange(0)};
    const EntryPair old{old_host, old_nested};
    if (next.host.mapped() && old_host.mapped() && next.host.frame() == old_host.frame()) {
        next.host = next.host.with_accessed_dirty(noted_by_processor(old));
    }
    host.store(next.host.raw());
    nested.store(next.nested.raw());
    if (old_host.mapped() && old_host.is_leaf(slot.level)) --page_count_[slot.level];
    if (next.host.mapped() && next.host.is_leaf(slot.level)) ++page_count_[slot.level];
    return old;
}

Result<PhysAddr> PageTables::create_root() {
    const PhysAddr root = TRY(frames::allocate(kPairOrder, Fill::Zero));
    kernel_space::share_into(pair_at(root).host);
    return root;
}

PageTables::~PageTables() { frames::free(root_, kPairOrder); }

PageTables::Slot PageTables::find(VirtAddr address) const {
    TablePair* table = &pair_at(root_);
    for (unsigned level = kRootLevel;; --level) {
        const unsigned index = table_index(address, level);
        const HostEntry entry = table->host[index];
        if (!entry.mapped() || entry.is_leaf(level)) return {table, index, level};
        table = &next_table(*table, index);
    }
}

WalkResult PageTables::walk(VirtAddr address) const {
    const Slot slot = find(address);
    return {slot.level, read(*slot.table, slot.index)};
}

/// Makes `slot`, which covers `address`, point at `pair`. One address, one table: the nested entry points 4096 bytes further
/// on, at the pair's other half.
void PageTables::link(const Slot& slot, VirtAddr address, PhysAddr pair) {
    ++pair_count_;
    const NestedEntry nested = in_window(address) ? NestedEntry::table(pair + kPageBytes, format) : NestedEntry();
    store(slot, {HostEntry::table(pair), nested});
}

Result<PageTables::Slot> PageTables::make(VirtAddr address, unsigned level) {
    Slot slot = find(address);
    while (slot.level > level) {
        CHECK(!slot.table->host[slot.index].mapped(), address, slot.level);
        const PhysAddr pair = TRY(frames::allocate(kPairOrder, Fill::Zero));
        link(slot, address, pair);
        slot = {&pair_at(pair), table_index(address, slot.level - 1), slot.level - 1};
    }
    return slot;
}

Result<EntryPair> PageTables::map(VirtAddr address, PageSize size, FrameRef frame, Rights rights) {
    const Slot slot = TRY(make(address, level_of(size)));
    CHECK(slot.level == level_of(size) && !slot.table->host[slot.index].mapped(), address, slot.level);
    CHECK(frame.size() == size && is_aligned(address.raw | frame.address().raw, bytes_of(size)), address, slot.level);
    const EntryPair entry = leaf_pair(address, size, frame.leak(), rights);
    store(slot, entry);
    return entry;
}

EntryPair PageTables::protect(VirtAddr address, Rights rights, TlbFlush& flush) {
    const Slot slot = find(address);
    const HostEntry old = slot.table->host[slot.index];
    CHECK(old.mapped(), address, slot.level);
    const EntryPair entry = leaf_pair(address, static_cast<PageSize>(slot.level), old.frame(), rights);
    store(slot, entry);
    flush.add(address);
    return entry;
}

EntryPair PageTables::replace(VirtAddr address, FrameRef frame, Rights rights, TlbFlush& flush) {
    const Slot slot = find(address);
    CHECK(slot.table->host[slot.index].mapped() && slot.level == 1, address, slot.level);
    const EntryPair entry = leaf_pair(address, PageSize::Size4K, frame.leak(), rights);
    const EntryPair before = store(slot, entry);
    flush.add(address, FrameRef::adopt(before.host.frame()));
    return entry;
}

void PageTables::unmap(VirtAddr begin, VirtAddr end, TlbFlush& flush) {
    unmap_table(pair_at(root_), kRootLevel, VirtAddr(0), begin, end, flush);
}

void PageTables::unmap_table(TablePair& table, unsigned level, VirtAddr table_begin, VirtAddr begin, VirtAddr end,
                             TlbFlush& flush) {
    const u64 span = bytes_per_entry(level);
    VirtAddr at = begin > table_begin ? VirtAddr(align_down(begin.raw, span)) : table_begin;
    const VirtAddr table_end = table_begin + span * (level == kRootLevel ? kFirstKernelSlot : kEntriesPerTable);
    for (; at < end && at < table_end; at += span) {
        const unsigned index = table_index(at, level);
        const HostEntry entry = table.host[index];
        if (!entry.mapped()) continue;
        if (entry.is_leaf(level)) {
            CHECK(at >= begin && end - at >= span, at, begin, end);
            const EntryPair before = store({&table, index, level}, {});
            flush.add(at, FrameRef::adopt(before.host.frame(), static_cast<PageSize>(level)));
            continue;
        }
        TablePair& next = next_table(table, index);
        unmap_table(next, level - 1, at, begin, end, flush);
        if (!is_empty(next)) continue;
        store({&table, index, level}, {});
        --pair_count_;
        flush.add_pair(at, entry.frame());
    }
}
