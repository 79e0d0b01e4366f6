// SPDX-License-Identifier: MIT
/// @file
/// @brief Which size a page gets at first, and how it becomes smaller and larger later.
/// @chapter large-pages
#include "mm/large_pages.h"

#include <algorithm>

#include "trace/trace.h"

namespace {

constexpr VirtAddr start_of_page(VirtAddr address, PageSize size) {
    return VirtAddr(align_down(address.raw, bytes_of(size)));
}

/// Whether pages of this region may be large: memory that is nobody else's, may be written, and is likely to be used whole.
/// What comes from a source comes in single pages.
bool may_be_large(const Region& region) {
    if (region.source || !region.protection.write) return false;
    return region.kind == Region::Kind::Plain || region.kind == Region::Kind::Heap;
}

}  // namespace

/// The size is chosen at the first touch, and all of the page is zeroed then. This is how it goes with "what is never touched
/// is never zeroed": the touch of a page is what it is zeroed for, and a page that is not touched has no frames. A page that
/// is half used costs the zeroing of the other half; that is why not every region gets the largest page that fits.
///
/// - Inside the window it does, 1 GiB included. This is a machine's memory, which is mapped to be used: a guest's kernel finds
///   its way into every corner of it, and one fault for each GiB is the point of the exercise. What the guest leaves alone of
///   such a GiB is read to see that it is zero, and not written (frames::allocate).
/// - Outside, a first touch gets 2 MiB at most. Programs map much more than they use (a terabyte of shadow memory, of which
///   one page here and there is touched), and a GiB for each touch would leave the others without memory.
/// - Stacks grow from their end, a page at a time, and most never become large: they start with 4 KiB.
PageSize largest_page_for(const Region& region, VirtAddr address, unsigned level) {
    if (!may_be_large(region)) return PageSize::Size4K;
    const PageSize limit = in_window(address) ? PageSize::Size1G : PageSize::Size2M;
    PageSize size = std::min(limit, largest_page());
    while (level_of(size) > level || !region.covers_page(address, size)) size = smaller(size);
    return size;
}

/// 2 MiB of a guest's that a region does not cover as a whole cannot be one page. They are mapped at one touch all the same, in
/// small pages: as much is zeroed as would be of a large one, and the guest has one fault for each region there, not 512.
void AddressSpace::map_around(const Region& region, VirtAddr address) {
    constexpr PageSize kUnit = PageSize::Size2M;
    if (!in_window(address) || largest_page() < kUnit || !may_be_large(region)) return;
    if (region.covers_page(address, kUnit) || !frames::can_spare(order_of(kUnit))) return;
    const VirtAddr unit = start_of_page(address, kUnit);
    const VirtAddr end = std::min(region.end, unit + bytes_of(kUnit));
    for (VirtAddr at = std::max(region.begin, unit); at < end; at += kPageBytes) {
        if (tables_.walk(at).mapped()) continue;
        auto frame = FrameRef::allocate(Fill::Zero);
        if (!frame.ok()) return;
        if (!tables_.map(at, PageSize::Size4K, std::move(frame.value()), rights_of(region)).ok()) return;
    }
}

void AddressSpace::trace_size(VirtAddr address, const WalkResult& before, u8 what) const {
    abi::TraceRecord record = record_of(address, before, tables_.walk(address));
    record.resolution = what;
    trace::record(record);
}

Result<void> AddressSpace::split_pages_at(VirtAddr border) {
    if (border >= kUserEnd) return {};
    const WalkResult found = tables_.walk(border);
    if (!found.mapped() || is_aligned(border.raw, bytes_per_entry(found.level))) return {};
    TlbFlush flush(*this);
    TRY(tables_.split_at(border, flush));
    trace_size(border, found, abi::kTraceSplit);
    return {};
}

/// What is uniform around `address` becomes one page, of 2 MiB and then of 1 GiB. Both ends of a page lie in one region.
void AddressSpace::merge_pages_around(VirtAddr address, TlbFlush& flush) {
    const Region* region = find(address);
    if (!region || region->source) return;
    for (const PageSize size : {PageSize::Size2M, PageSize::Size1G}) {
        if (size > largest_page() || !region->covers_page(address, size)) return;
        const WalkResult before = tables_.walk(address);
        if (before.level >= level_of(size)) continue;
        if (!tables_.merge(address, size, flush)) return;
        trace_size(start_of_page(address, size), before, abi::kTraceMerged);
    }
}

/// A page has just been mapped at `address`: it may be the last that was missing of a larger one. Most pages tell by their
/// frame that they are not: it lies otherwise in the larger page than they do.
void AddressSpace::merge_if_last(VirtAddr address, WalkResult& mapped) {
    if (mapped.level >= level_of(largest_page())) return;
    const VirtAddr begin{align_down(address.raw, bytes_per_entry(mapped.level))};
    if ((mapped.entry.host.frame().raw ^ begin.raw) & (bytes_per_entry(mapped.level + 1) - 1)) return;
    TlbFlush flush(*this);
    merge_pages_around(address, flush);
    mapped = tables_.walk(address);
}

void AddressSpace::merge_pages(VirtAddr begin, VirtAddr end, TlbFlush& flush) {
    for (VirtAddr at = start_of_page(begin, PageSize::Size2M); at < end;) {
        const WalkResult found = tables_.walk(at);
        if (found.mapped()) merge_pages_around(std::max(at, begin), flush);
        const u64 span = std::max(bytes_per_entry(found.level), bytes_of(PageSize::Size2M));
        at = VirtAddr(align_down(at.raw, span)) + span;
    }
}

/// Of how many of its 512 pages a range of 2 MiB must have frames before the rest is worth zeroing.
static constexpr unsigned kWorthGathering = kEntriesPerTable / 2;

void AddressSpace::gather_pages(const Region& region, VirtAddr address) {
    TlbFlush flush(*this);
    merge_pages_around(address, flush);
    const WalkResult before = tables_.walk(address);
    if (before.level >= level_of(PageSize::Size2M) || !frames::can_spare(order_of(PageSize::Size2M))) return;
    auto block = FrameRef::allocate(Fill::Nothing, PageSize::Size2M);
    if (!block.ok()) return;
    tables_.gather(address, std::move(block.value()), rights_of(region), flush);
    trace_size(address, before, abi::kTraceMerged);
    merge_pages_around(address, flush);
}

VirtAddr AddressSpace::enlarge_next(VirtAddr from) {
    const Change change(*this);
    for (VirtAddr at = from; at < kUserEnd;) {
        const WalkResult found = tables_.walk(at);
        const u64 span = std::max(bytes_per_entry(found.level), bytes_of(PageSize::Size2M));
        const VirtAddr begin{align_down(at.raw, span)};
        at = begin + span;
        // An empty entry of a table still says that the table is there.
        if (found.level != 1) continue;
        const Region* region = find(begin);
        if (!region || !may_be_large(*region) || !region->covers_page(begin, PageSize::Size2M)) continue;
        const PageTables::Contents contents = tables_.contents(begin);
        if (!contents.uniform || contents.pages < kWorthGathering || !(contents.rights == rights_of(*region))) continue;
        gather_pages(*region, begin);
        return at;
    }
    return kUserEnd;
}
