// SPDX-License-Identifier: MIT
/// @file
/// @brief The list of regions: mapped, unmapped, protected, moved, split and merged.
/// @chapter programs
#include "mm/address_space.h"

namespace {

/// Mappings without a wish are placed downwards from here: below the stack, far above the window.
constexpr VirtAddr kMapTop{0x7ff0'0000'0000};
constexpr VirtAddr kMapBottom = kWindowEnd;

/// Whether [address, address+bytes) is page-aligned and inside the user half; page 0 is left out unless asked for by name.
Result<VirtAddr> checked_end(VirtAddr address, u64 bytes) {
    if (!address.is_page_aligned() || bytes == 0) return Error{EINVAL};
    const u64 rounded = align_up(bytes, kPageBytes);
    if (rounded < bytes || rounded > kUserEnd.raw || address.raw > kUserEnd.raw - rounded) return Error{ENOMEM};
    return address + rounded;
}

bool can_merge(const Region& left, const Region& right) {
    return left.end == right.begin && left.protection == right.protection && left.sharing == right.sharing &&
           left.source == right.source && left.kind == right.kind &&
           (!left.source || left.source_page_at(left.end) == right.source_page);
}

}  // namespace

bool AddressSpace::is_free(VirtAddr begin, VirtAddr end) {
    for (const Region& region : regions_) {
        if (region.begin >= end) return true;
        if (region.end > begin) return false;
    }
    return true;
}

void AddressSpace::insert(Owned<Region> owned) {
    Region& region = *owned.release();
    for (Region& other : regions_) {
        if (other.begin < region.end) continue;
        regions_.insert_before(other, region);
        return;
    }
    regions_.push_back(region);
}

void AddressSpace::merge_with_neighbours(Region& region) {
    Region* left = regions_.prev(region);
    Region* right = regions_.next(region);
    const auto absorb = [this](Region& kept, Region& absorbed) {
        kept.end = absorbed.end;
        regions_.remove(absorbed);
        last_found_ = nullptr;
        delete &absorbed;
    };
    if (right && can_merge(region, *right)) absorb(region, *right);
    if (left && can_merge(*left, region)) absorb(*left, region);
}

Result<void> AddressSpace::split_at(VirtAddr address) {
    Region* region = find(address);
    if (!region || region->begin == address) return {};
    Owned<Region> upper = TRY(make_owned<Region>(*region));
    TRY(split_pages_at(address));  // a page lies in one region
    upper->begin = address;
    upper->source_page = region->source_page_at(address);
    region->end = address;
    insert(std::move(upper));
    return {};
}

VirtAddr AddressSpace::find_room(u64 bytes, VirtAddr alike) {
    // What is large enough for large pages begins where they can.
    const u64 unit = bytes >= kGiB ? kGiB : bytes >= 2 * kMiB ? 2 * kMiB : kPageBytes;
    const auto place_below = [&](VirtAddr top, VirtAddr bottom) {
        if (top <= bottom || top - bottom < bytes) return VirtAddr();
        const VirtAddr place = top - bytes - ((top.raw - bytes - alike.raw) & (unit - 1));
        return place >= bottom ? place : VirtAddr();
    };
    // Downwards from the top, the first gap that is large enough.
    VirtAddr top = kMapTop;
    for (Region* region = regions_.back(); region && region->end > kMapBottom; region = regions_.prev(*region)) {
        const VirtAddr place = place_below(top, region->end);
        if (place.raw) return place;
        if (region->begin < top) top = region->begin;
    }
    return place_below(top, kMapBottom);
}

Result<VirtAddr> AddressSpace::choose_place(const Mapping& mapping, u64 bytes) {
    if (mapping.placement == Placement::Anywhere) {
        const VirtAddr hint = mapping.address.page();
        if (hint.raw && checked_end(hint, bytes).ok() && is_free(hint, hint + bytes)) return hint;
        const VirtAddr place = find_room(bytes, VirtAddr(0));
        if (!place.raw) return Error{ENOMEM};
        return place;
    }
    const VirtAddr end = TRY(checked_end(mapping.address, bytes));
    if (mapping.placement == Placement::FixedNoReplace && !is_free(mapping.address, end)) return Error{EEXIST};
    return mapping.address;
}

Result<VirtAddr> AddressSpace::map(const Mapping& mapping) {
    const u64 bytes = align_up(mapping.bytes, kPageBytes);
    if (mapping.bytes == 0) return Error{EINVAL};
    if (bytes < mapping.bytes || bytes > kUserEnd.raw) return Error{ENOMEM};
    Owned<Region> region = TRY(make_owned<Region>());
    const Change change(*this);
    const VirtAddr begin = TRY(choose_place(mapping, bytes));
    TRY(unmap_locked(begin, begin + bytes));
    region->begin = begin;
    region->end = begin + bytes;
    region->protection = mapping.protection;
    region->sharing = mapping.sharing;
    region->source = mapping.source;
    region->source_page = mapping.source_page;
    region->kind = mapping.kind;
    Region& inserted = *region;
    insert(std::move(region));
    merge_with_neighbours(inserted);
    return begin;
}

Result<void> AddressSpace::unmap_locked(VirtAddr begin, VirtAddr end) {
    TRY(split_at(begin));
    TRY(split_at(end));
    {
        TlbFlush flush(*this);
        tables_.unmap(begin, end, flush);
    }
    for (Region* region = regions_.front(); region && region->begin < end;) {
        Region* next = regions_.next(*region);
        if (region->begin >= begin) {
            regions_.remove(*region);
            delete region;
        }
        region = next;
    }
    last_found_ = nullptr;
    return {};
}

Result<void> AddressSpace::unmap(VirtAddr address, u64 bytes) {
    auto end = checked_end(address, bytes);
    if (!end.ok()) return Error{EINVAL};
    const Change change(*this);
    return unmap_locked(address, end.value());
}

Result<void> AddressSpace::protect(VirtAddr address, u64 bytes, Protection protection) {
    if (bytes == 0 && address.is_page_aligned()) return {};
    const VirtAddr end = TRY(checked_end(address, bytes));
    const Change change(*this);
    TRY(split_at(address));
    TRY(split_at(end));
    return protect_locked(address, end, protection);
}

Result<void> AddressSpace::protect_locked(VirtAddr begin, VirtAddr end, Protection protection) {
    TlbFlush flush(*this);
    VirtAddr at = begin;
    while (at < end) {
        Region* region = find(at);
        if (!region) return Error{ENOMEM};
        region->protection = protection;
        const VirtAddr region_end = region->end;
        tables_.for_each_leaf(at, region_end, [&](VirtAddr page, PageSize, EntryPair entry) {
            // A page that may be shared by copy on write stays closed to writes; its next write fault finds out.
            Rights rights = rights_of(*region);
            if (region->sharing == Sharing::Private && !entry.host.rights().write) rights.write = false;
            if (!(rights == entry.host.rights())) tables_.protect(page, rights, flush);
        });
        at = region_end;
        merge_with_neighbours(*region);
    }
    merge_pages(begin, end, flush);
    return {};
}

Result<void> AddressSpace::discard(VirtAddr address, u64 bytes) {
    if (bytes == 0 && address.is_page_aligned()) return {};
    const VirtAddr end = TRY(checked_end(address, bytes));
    const Change change(*this);
    TRY(split_pages_at(address));
    TRY(split_pages_at(end));
    TlbFlush flush(*this);
    tables_.unmap(address, end, flush);
    return {};
}

Result<VirtAddr> AddressSpace::remap(VirtAddr address, u64 old_bytes, u64 new_bytes, Move move_allowed) {
    const VirtAddr old_end = TRY(checked_end(address, old_bytes));
    const VirtAddr new_end = TRY(checked_end(address, new_bytes));
    const Change change(*this);
    Region* region = find(address);
    if (!region || region->end < old_end) return Error{EFAULT};
    if (new_end <= old_end) {
        if (new_end < old_end) TRY(unmap_locked(new_end, old_end));
        return address;
    }
    if (region->end == old_end && is_free(old_end, new_end)) {
        region->end = new_end;
        merge_with_neighbours(*region);
        return address;
    }
    if (move_allowed == Move::Never) return Error{ENOMEM};
    return move(*region, address, old_end - address, new_end - address);
}

Result<VirtAddr> AddressSpace::move(Region& region, VirtAddr address, u64 old_bytes, u64 new_bytes) {
    // As far from the border of a large page as it was, so that pages keep their sizes.
    const VirtAddr place = find_room(new_bytes, address);
    if (!place.raw) return Error{ENOMEM};
    TRY(split_pages_at(address));
    TRY(split_pages_at(address + old_bytes));
    Owned<Region> moved = TRY(make_owned<Region>(region));
    moved->begin = place;
    moved->end = place + new_bytes;
    moved->source_page = region.source_page_at(address);
    // The new place gets its own reference to every frame before the old place loses its own.
    Error failed{0};
    tables_.for_each_leaf(address, address + old_bytes, [&](VirtAddr page, PageSize size, EntryPair entry) {
        if (failed.code) return;
        auto mapped =
            tables_.map(place + (page - address), size, FrameRef::share(entry.host.frame(), size), entry.host.rights());
        if (!mapped.ok()) failed = mapped.error();
    });
    if (failed.code) {
        TlbFlush flush(*this);
        tables_.unmap(place, place + new_bytes, flush);
        return failed;
    }
    TRY(unmap_locked(address, address + old_bytes));
    insert(std::move(moved));
    return place;
}
