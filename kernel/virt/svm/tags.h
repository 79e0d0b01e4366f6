// SPDX-License-Identifier: MIT
/// @file
/// @brief ASIDs: the tags that keep one guest's translations apart from another's.
/// @chapter ring-v
#pragma once

#include "lib/types.h"

/// Gives out one core's ASIDs. A vCPU whose translations must go simply gets a new one: nothing finds what a dead ASID left in
/// the TLB, until the numbers are used up and everything is flushed. @apm{TLB Control, 15.16}
class AsidAllocator {
   public:
    /// ASIDs 1 .. count - 1; 0 is the host's.
    explicit constexpr AsidAllocator(u32 count) : count_(count) {}

    struct Tag {
        u32 asid = 0;
        u64 generation = 0;
        bool flush_all = false;  ///< the first of a generation: nothing older may stay in the TLB
    };
    bool is_current(const Tag& tag) const { return tag.generation == generation_; }
    Tag take() {
        if (next_ < count_) return {next_++, generation_, false};
        next_ = 2;
        return {1, ++generation_, true};
    }

   private:
    u32 count_;
    u32 next_ = ~0U;  ///< the first use starts a generation, and so flushes
    u64 generation_ = 0;
};
