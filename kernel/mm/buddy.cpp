// SPDX-License-Identifier: MIT
/// @file
/// @brief Splitting and merging of buddies.
/// @chapter frames
#include "mm/buddy.h"

#include <algorithm>
#include <bit>

#include "lib/check.h"

void BuddyAllocator::push(u64 block, unsigned order) {
    FrameRecord& first = records_[block];
    first.is_free = true;
    first.order = static_cast<u8>(order);
    first.prev = kNone;
    first.next = heads_[order];
    if (first.next != kNone) records_[first.next].prev = static_cast<u32>(block);
    heads_[order] = static_cast<u32>(block);
}

void BuddyAllocator::remove(u64 block) {
    FrameRecord& first = records_[block];
    (first.prev == kNone ? heads_[first.order] : records_[first.prev].next) = first.next;
    if (first.next != kNone) records_[first.next].prev = first.prev;
    first.is_free = false;
}

void BuddyAllocator::release(u64 begin, u64 end) {
    CHECK(begin <= end && end <= records_.size(), begin, end, records_.size());
    while (begin < end) {
        // The largest block that starts here is limited by the alignment of its start and by the end of the range.
        const auto aligned = begin == 0 ? kOrders - 1 : static_cast<unsigned>(std::countr_zero(begin));
        const auto fitting = static_cast<unsigned>(std::bit_width(end - begin)) - 1;
        const unsigned order = std::min({aligned, fitting, kOrders - 1});
        free(begin, order);
        begin += 1ULL << order;
    }
}

bool BuddyAllocator::has(unsigned order) const {
    while (order < kOrders && heads_[order] == kNone) ++order;
    return order < kOrders;
}

std::optional<u64> BuddyAllocator::allocate(unsigned order) {
    CHECK(order < kOrders, order);
    unsigned found = order;
    while (found < kOrders && heads_[found] == kNone) ++found;
    if (found == kOrders) return std::nullopt;
    const u64 block = heads_[found];
    remove(block);
    // Halve the block until it has the size that was asked for; every upper half goes free.
    while (found > order) {
        --found;
        push(block + (1ULL << found), found);
    }
    free_frames_ -= 1ULL << order;
    return block;
}

void BuddyAllocator::free(u64 block, unsigned order) {
    CHECK(order < kOrders && is_aligned(block, 1ULL << order) && block < records_.size(), block, order);
    CHECK(!records_[block].is_free, block, order);
    free_frames_ += 1ULL << order;
    // A free buddy of the same size makes a block twice as large; that one may have a free buddy, too.
    while (order + 1 < kOrders) {
        const u64 buddy = block ^ (1ULL << order);
        if (buddy >= records_.size() || !records_[buddy].is_free || records_[buddy].order != order) break;
        remove(buddy);
        block = std::min(block, buddy);
        ++order;
    }
    push(block, order);
}
