// SPDX-License-Identifier: MIT
/// @file
/// @brief `resolve`: the room behind both doors, where ring-3 and ring-V faults become mappings.
/// @chapter nested-faults
#include "mm/address_space.h"

#include "lib/string.h"
#include "mm/large_pages.h"
#include "mm/shootdown.h"
#include "trace/trace.h"

namespace {

bool allows(Protection protection, Access access) {
    switch (access) {
    case Access::Read: return protection.read || protection.write;
    case Access::Write: return protection.write;
    case Access::Execute: return protection.execute;
    }
    return false;
}

bool allows(Rights rights, Access access) {
    switch (access) {
    case Access::Read: return rights.read;
    case Access::Write: return rights.write;
    case Access::Execute: return rights.execute;
    }
    return false;
}

Resolution resolution_of(Error error) { return error.code == ENXIO ? Resolution::BeyondEnd : Resolution::NoMemory; }

}  // namespace

Rights rights_of(const Region& region) {
    const Protection p = region.protection;
    return {.read = !p.none(), .write = p.write, .execute = p.execute};
}

Result<Ref<AddressSpace>> AddressSpace::create() {
    const PhysAddr root = TRY(PageTables::create_root());
    auto* space = new (std::nothrow) AddressSpace(root);
    if (space) return Ref<AddressSpace>(space);
    frames::free(root, kPairOrder);
    return Error{ENOMEM};
}

AddressSpace::~AddressSpace() {
    {
        TlbFlush flush(*this);
        tables_.unmap(VirtAddr(0), kUserEnd, flush);
    }
    unload_root_everywhere(tables_.host_root());
    while (Region* region = regions_.pop_front()) delete region;
}

Region* AddressSpace::find(VirtAddr address) {
    if (last_found_ && address >= last_found_->begin && address < last_found_->end) return last_found_;
    for (Region& region : regions_) {
        if (address < region.begin) return nullptr;
        if (address < region.end) return last_found_ = &region;
    }
    return nullptr;
}

abi::TraceRecord AddressSpace::record_of(VirtAddr address, const WalkResult& before, const WalkResult& after) const {
    return {.sequence = 0,
            .time_ns = 0,
            .core = 0,
            .level_after = static_cast<u8>(after.level),
            .reserved = 0,
            .thread = 0,
            .cause = abi::TraceCause::Kernel,
            .access = 0,
            .level = static_cast<u8>(before.level),
            .resolution = 0,
            .root_page = static_cast<u32>(tables_.host_root().raw >> kPageShift),
            .address = address.raw,
            .guest_virtual = 0,
            .host_before = before.entry.host.raw(),
            .nested_before = before.entry.nested.raw(),
            .host_after = after.entry.host.raw(),
            .nested_after = after.entry.nested.raw()};
}

void AddressSpace::trace_fault(const Fault& fault, const WalkResult& before, const WalkResult& after,
                               Resolution resolution) const {
    abi::TraceRecord record = record_of(fault.address, before, after);
    record.cause = static_cast<abi::TraceCause>(fault.ring);
    record.access = static_cast<u8>(fault.access);
    record.resolution = static_cast<u8>(resolution);
    record.guest_virtual = fault.guest_virtual;
    trace::record(record);
}

Result<AddressSpace::NewPage> AddressSpace::page_for(const Region& region, const Fault& fault, unsigned level) {
    const VirtAddr address = fault.address.page();
    if (!region.source) {
        PageSize size = largest_page_for(region, address, level);
        for (; size != PageSize::Size4K; size = smaller(size)) {
            if (!frames::can_spare(order_of(size))) continue;
            auto block = FrameRef::allocate(Fill::Zero, size);
            const VirtAddr begin{align_down(address.raw, bytes_of(size))};
            if (block.ok()) return NewPage{begin, std::move(block.value()), rights_of(region)};
        }
        return NewPage{address, TRY(FrameRef::allocate(Fill::Zero)), rights_of(region)};
    }
    NewPage page{address, TRY(region.source->page(region.source_page_at(address))), rights_of(region)};
    if (region.sharing == Sharing::Shared) return page;
    // A private mapping shows the source's own page until somebody writes.
    if (fault.access != Access::Write) {
        page.rights.write = false;
        return page;
    }
    FrameRef copy = TRY(FrameRef::allocate(Fill::Nothing));
    memcpy(copy.data(), page.frame.data(), kPageBytes);
    page.frame = std::move(copy);
    return page;
}

Resolution AddressSpace::resolve(const Fault& fault) {
    const VirtAddr page = fault.address.page();
    const Change change(*this, page);
    const WalkResult before = tables_.walk(page);
    WalkResult after = before;
    const Region* region = fault.address < kUserEnd ? find(page) : nullptr;
    Resolution resolution = Resolution::Mapped;
    if (!region) {
        resolution = Resolution::NotBacked;
    } else if (!allows(region->protection, fault.access)) {
        resolution = Resolution::Denied;
    } else if (before.mapped()) {
        resolution = resolve_mapped(*region, fault, before, after);
    } else {
        auto chosen = page_for(*region, fault, before.level);
        if (!chosen.ok()) {
            resolution = resolution_of(chosen.error());
        } else {
            auto& [address, frame, rights] = chosen.value();
            const PageSize size = frame.size();
            auto entry = tables_.map(address, size, std::move(frame), rights);
            if (entry.ok())
                after = {level_of(size), entry.value()};
            else
                resolution = Resolution::NoMemory;
            if (size == PageSize::Size4K) map_around(*region, page);
        }
    }
    if (resolution == Resolution::Mapped) merge_if_last(page, after);
    trace_fault(fault, before, after, resolution);
    return resolution;
}

/// A page is mapped, and yet there was a fault: it is shared by copy on write, or the fault was settled in the meantime.
Resolution AddressSpace::resolve_mapped(const Region& region, const Fault& fault, const WalkResult& before,
                                        WalkResult& after) {
    if (allows(before.entry.host.rights(), fault.access)) return Resolution::Spurious;
    TlbFlush flush(*this);
    const VirtAddr page = fault.address.page();
    // With one reference, the page's own, nobody else has the frames, and nothing needs to be copied.
    const auto is_own = [&] {
        return region.sharing == Sharing::Shared ||
               FrameRef::count_of(after.entry.host.frame(), static_cast<PageSize>(after.level)) == 1;
    };
    if (!is_own() && after.level > 1) {
        // Of a large page no more is copied than is written to; the other process has the whole as before.
        if (!tables_.split(page, PageSize::Size4K, flush).ok()) return Resolution::NoMemory;
        after = tables_.walk(page);
    }
    if (is_own()) {
        after.entry = tables_.protect(page, rights_of(region), flush);
        return Resolution::Mapped;
    }
    auto copy = FrameRef::allocate(Fill::Nothing);
    if (!copy.ok()) return Resolution::NoMemory;
    memcpy(copy.value().data(), frames::virt_from_phys(after.entry.host.frame()), kPageBytes);
    after.entry = tables_.replace(page, std::move(copy.value()), rights_of(region), flush);
    return Resolution::Mapped;
}

Result<Ref<AddressSpace>> AddressSpace::fork() {
    Ref<AddressSpace> child = TRY(create());
    const Change change(*this);
    TlbFlush flush(*this);
    child->heap_begin_ = heap_begin_;
    child->heap_end_ = heap_end_;
    for (Region& region : regions_) {
        Owned<Region> copy = TRY(make_owned<Region>(region));
        const bool is_private = region.sharing == Sharing::Private;
        Error failed{0};
        tables_.for_each_leaf(region.begin, region.end, [&](VirtAddr address, PageSize size, EntryPair entry) {
            if (failed.code) return;
            Rights rights = entry.host.rights();
            if (is_private && rights.write) {
                rights.write = false;
                tables_.protect(address, rights, flush);
            }
            auto mapped = child->tables_.map(address, size, FrameRef::share(entry.host.frame(), size), rights);
            if (!mapped.ok()) failed = mapped.error();
        });
        child->regions_.push_back(*copy.release());
        if (failed.code) return failed;
    }
    return child;
}
