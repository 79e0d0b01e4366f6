// SPDX-License-Identifier: MIT
/// @file
/// @brief The machine's frames: the buddy allocator under its lock, and reference counts.
/// @chapter frames
#include "mm/frames.h"

#include <algorithm>

#include "lib/string.h"
#include "mm/buddy.h"
#include "sync/spin_lock.h"

namespace {

constinit SpinLocked<BuddyAllocator> allocator(LockRank::Frames);
constinit FrameRecord* records = nullptr;
constinit u64 total = 0;

u64 number_of(PhysAddr address) { return address.raw >> kPageShift; }
FrameRecord& record_of(PhysAddr frame) { return records[number_of(frame)]; }
std::span<FrameRecord> records_of(PhysAddr frame, PageSize size) { return {&record_of(frame), 1ULL << order_of(size)}; }

/// Calls `visit(begin, end)` for every part of `range` that no reserved range covers.
template <class Visit>
void for_each_unreserved(PhysRange range, std::span<const PhysRange> reserved, Visit&& visit) {
    PhysAddr at = range.begin;
    while (at < range.end) {
        // The next reserved range at or after `at` decides how far the free part goes.
        PhysRange next{range.end, range.end};
        for (const PhysRange& r : reserved) {
            if (r.end > at && r.begin < next.begin) next = r;
        }
        if (next.begin > at) visit(at, std::min(next.begin, range.end));
        at = next.begin >= range.end ? range.end : next.end;
    }
}

/// One part in so many of all memory is never used for large pages.
constexpr u64 kKeptPart = 64;

/// Whether a frame is zero: the processor's own string instruction goes over it while it is.
bool is_zero(const std::byte* frame) {
    u64 words_left = kPageBytes / 8;
    bool all;
    asm("repe scasq" : "+D"(frame), "+c"(words_left), "=@ccz"(all) : "a"(0) : "memory");
    return all;
}

/// Clears a block. Of a large one much may be zero already, and much may never be used: what is zero is read and not written,
/// so that memory which nobody ever touched stays untouched, and a hypervisor below need not have it.
void clear(PhysAddr block, u64 bytes) {
    std::byte* const begin = static_cast<std::byte*>(frames::virt_from_phys(block));
    if (bytes <= bytes_of(PageSize::Size2M)) {
        memset(begin, 0, bytes);
        return;
    }
    for (u64 offset = 0; offset < bytes; offset += kPageBytes) {
        if (!is_zero(begin + offset)) memset(begin + offset, 0, kPageBytes);
    }
}

/// Makes the frames [first, end) free.
void release(u64 first, u64 end) {
#ifdef TWAIN_DEBUG
    // Whoever still reads a freed frame shall notice.
    memset(frames::virt_from_phys(PhysAddr(first << kPageShift)), 0xdb, (end - first) << kPageShift);
#endif
    allocator.lock()->release(first, end);
}

/// The first unreserved place for `bytes`, page-aligned.
PhysAddr place_for(u64 bytes, std::span<const PhysRange> usable, std::span<const PhysRange> reserved) {
    PhysAddr place;
    for (const PhysRange& range : usable) {
        for_each_unreserved(range, reserved, [&](PhysAddr begin, PhysAddr end) {
            if (place.raw == 0 && end - begin >= bytes && begin.raw >= kMiB) place = begin;
        });
    }
    CHECK(place.raw != 0, bytes);
    return place;
}

}  // namespace

void frames::init(std::span<const PhysRange> usable, std::span<const PhysRange> reserved) {
    CHECK(!usable.empty());
    const u64 count = number_of(usable.back().end);
    const u64 record_bytes = align_up(count * sizeof(FrameRecord), kPageBytes);
    const PhysAddr place = place_for(record_bytes, usable, reserved);
    records = new (virt_from_phys(place)) FrameRecord[count];
    auto buddy = allocator.lock();
    buddy->init({records, count});
    total = 0;
    const PhysRange own{place, place + record_bytes};
    for (const PhysRange& range : usable) {
        for_each_unreserved(range, reserved, [&](PhysAddr begin, PhysAddr end) {
            // Frame 0 is never handed out: a FrameRef of 0 is none, and a null pointer of some device must hurt nobody.
            for_each_unreserved({std::max(begin, PhysAddr(kPageBytes)), end}, {&own, 1},
                                [&](PhysAddr from, PhysAddr to) { buddy->release(number_of(from), number_of(to)); });
        });
        total += range.end - range.begin;
    }
}

void frames::release_reserved(PhysRange range) {
    allocator.lock()->release(number_of(range.begin), number_of(range.end));
}

Result<PhysAddr> frames::allocate(unsigned order, Fill fill) {
    const auto block = allocator.lock()->allocate(order);
    if (!block) return Error{ENOMEM};
    const PhysAddr address{*block << kPageShift};
    record_of(address).references.store(1, std::memory_order_relaxed);
    if (fill == Fill::Zero) clear(address, bytes_of_order(order));
    return address;
}

void frames::free(PhysAddr block, unsigned order) { release(number_of(block), number_of(block) + (1ULL << order)); }

bool frames::can_spare(unsigned order) {
    const u64 kept = total / kKeptPart;
    auto buddy = allocator.lock();
    return buddy->has(order) && buddy->free_frames() << kPageShift >= bytes_of_order(order) + kept;
}

u64 frames::total_bytes() { return total; }
u64 frames::free_bytes() { return allocator.lock()->free_frames() << kPageShift; }

Result<FrameRef> FrameRef::allocate(Fill fill, PageSize size) {
    const PhysAddr block = TRY(frames::allocate(order_of(size), fill));
    for (FrameRecord& record : records_of(block, size)) record.references.store(1, std::memory_order_relaxed);
    return FrameRef(block, size);
}

FrameRef FrameRef::adopt(PhysAddr frame, PageSize size) { return FrameRef(frame, size); }

FrameRef FrameRef::share(PhysAddr frame, PageSize size) {
    for (FrameRecord& record : records_of(frame, size)) record.references.fetch_add(1, std::memory_order_relaxed);
    return FrameRef(frame, size);
}

FrameRef::FrameRef(const FrameRef& other) {
    if (!other) return;
    FrameRef shared = share(other.address(), other.size());
    std::swap(packed_, shared.packed_);
}

void FrameRef::let_go() {
    const std::span<FrameRecord> all = records_of(address(), size());
    const u64 first = number_of(address());
    // Frames that nobody has any more are given back in runs; those of a whole page are one run, and one block again.
    u64 begin = 0;
    for (u64 at = 0; at < all.size(); ++at) {
        // Acquire and release: whatever another holder wrote into the frame is done before the frame is somebody else's.
        if (all[at].references.fetch_sub(1, std::memory_order_acq_rel) == 1) continue;
        if (at > begin) release(first + begin, first + at);
        begin = at + 1;
    }
    if (all.size() > begin) release(first + begin, first + all.size());
}

unsigned FrameRef::count_of(PhysAddr frame, PageSize size) {
    u32 most = 0;
    for (FrameRecord& record : records_of(frame, size)) {
        most = std::max(most, record.references.load(std::memory_order_acquire));
    }
    return most;
}
