// SPDX-License-Identifier: MIT
/// @file
/// @brief The program break, and what a process's memory amounts to.
/// @chapter programs
#include "mm/address_space.h"

void AddressSpace::start_heap(VirtAddr begin) {
    MutexGuard guard(lock_);
    heap_begin_ = heap_end_ = VirtAddr(align_up(begin.raw, kPageBytes));
}

VirtAddr AddressSpace::set_break(VirtAddr wanted) {
    VirtAddr from, to;
    {
        MutexGuard guard(lock_);
        if (wanted < heap_begin_ || wanted >= kUserEnd || !heap_begin_.raw) return heap_end_;
        from = VirtAddr(align_up(heap_end_.raw, kPageBytes));
        to = VirtAddr(align_up(wanted.raw, kPageBytes));
    }
    // Growing must not run over another mapping; shrinking gives the pages back.
    if (to > from) {
        const Mapping grown{.address = from,
                            .bytes = to - from,
                            .placement = Placement::FixedNoReplace,
                            .protection = {.read = true, .write = true, .execute = false},
                            .kind = Region::Kind::Heap};
        if (!map(grown).ok()) return heap_end_;
    } else if (to < from) {
        if (!unmap(to, from - to).ok()) return heap_end_;
    }
    MutexGuard guard(lock_);
    return heap_end_ = wanted;
}

AddressSpace::Usage AddressSpace::usage() {
    MutexGuard guard(lock_);
    Usage usage{0, 0, tables_.pair_count() * sizeof(TablePair), {}};
    for (const Region& region : regions_) usage.virtual_bytes += region.bytes();
    for (const PageSize size : {PageSize::Size4K, PageSize::Size2M, PageSize::Size1G}) {
        usage.by_size[level_of(size) - 1] = tables_.page_count(size) * bytes_of(size);
        usage.resident_bytes += tables_.page_count(size) * bytes_of(size);
    }
    return usage;
}
