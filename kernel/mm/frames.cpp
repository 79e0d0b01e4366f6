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
    if (fill == Fill::Zero) memset(virt_from_phys(address), 0, bytes_of_order(order));
    return address;
}

void frames::free(PhysAddr block, unsigned order) {
#ifdef TWAIN_DEBUG
    // Whoever still reads a freed frame shall notice.
    memset(virt_from_phys(block), 0xdb, bytes_of_order(order));
#endif
    allocator.lock()->free(number_of(block), order);
}

u64 frames::total_bytes() { return total; }
u64 frames::free_bytes() { return allocator.lock()->free_frames() << kPageShift; }

Result<FrameRef> FrameRef::allocate(Fill fill) { return adopt(TRY(frames::allocate(0, fill))); }

FrameRef FrameRef::adopt(PhysAddr frame) {
    FrameRef reference;
    reference.frame_ = frame;
    return reference;
}

FrameRef FrameRef::share(PhysAddr frame) {
    record_of(frame).references.fetch_add(1, std::memory_order_relaxed);
    return adopt(frame);
}

FrameRef::FrameRef(const FrameRef& other) : frame_(other.frame_) {
    if (frame_.raw) record_of(frame_).references.fetch_add(1, std::memory_order_relaxed);
}

FrameRef::~FrameRef() {
    if (!frame_.raw) return;
    // Acquire and release: whatever another holder wrote into the frame is done before the frame is somebody else's.
    if (record_of(frame_).references.fetch_sub(1, std::memory_order_acq_rel) == 1) frames::free(frame_, 0);
}

unsigned FrameRef::count() const { return record_of(frame_).references.load(std::memory_order_acquire); }
