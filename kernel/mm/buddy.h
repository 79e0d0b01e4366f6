// SPDX-License-Identifier: MIT
/// @file
/// @brief The buddy system: free blocks of 2^order frames, split on demand and merged with their buddies.
/// @chapter frames
#pragma once

#include <array>
#include <atomic>
#include <optional>
#include <span>

#include "lib/types.h"

/// The record of one frame: 16 bytes for each 4 KiB of memory.
struct FrameRecord {
    u32 next = 0, prev = 0;  ///< neighbours in the free list of `order`, while this is a free block's first frame
    std::atomic<u32> references{0};  ///< of an allocated single frame
    u8 order = 0;                    ///< of the free block that starts here
    bool is_free = false;            ///< a free block starts here
};
static_assert(sizeof(FrameRecord) == 16);

/// Allocates frame numbers. It touches only the records, never the frames. The caller serialises.
///
/// A block of order n starts at a multiple of 2^n, so its buddy (the other half of the block of order n+1) is found by
/// flipping bit n of its number. Order 1 therefore gives what a TablePair needs: 8 KiB aligned to 8 KiB.
class BuddyAllocator {
   public:
    static constexpr unsigned kOrders = 19;

    constexpr BuddyAllocator() { heads_.fill(kNone); }
    /// Takes `records`, one for each frame from number 0 on; all frames are in use until they are given by `release`.
    void init(std::span<FrameRecord> records) {
        records_ = records;
        heads_.fill(kNone);
        free_frames_ = 0;
    }

    /// Makes the frames [begin, end) free: at boot, or memory that was reserved until now.
    void release(u64 begin, u64 end);
    /// The first frame number of a block of 2^order frames, or nothing. It is cut from the smallest free block that will do:
    /// what is broken already is used up before anything larger is broken.
    std::optional<u64> allocate(unsigned order);
    /// Whether `allocate(order)` would find a block.
    bool has(unsigned order) const;
    /// Gives back a block that `allocate(order)` returned.
    void free(u64 block, unsigned order);

    FrameRecord& record(u64 frame) { return records_[frame]; }
    u64 frames() const { return records_.size(); }
    u64 free_frames() const { return free_frames_; }

   private:
    static constexpr u32 kNone = ~0U;
    void push(u64 block, unsigned order);
    void remove(u64 block);

    std::span<FrameRecord> records_;
    std::array<u32, kOrders> heads_;
    u64 free_frames_ = 0;
};
