// SPDX-License-Identifier: MIT
/// @file
/// @brief ASIDs and VPIDs: the tags that keep one guest's translations apart from another's.
/// @chapter ring-v
#pragma once

#include "lib/types.h"

class TagAllocator;

/// The tag of one vCPU, on the core where it was last entered.
struct TranslationTag {
    const TagAllocator* core = nullptr;
    u32 number = 0;
    bool flush_all = false;  ///< the first of a generation: nothing older may stay in the TLB
    u64 generation = 0;
    u64 memory_generation = 0;
};

/// Gives out one core's tags. A vCPU whose translations must go simply gets a new one: nothing finds what a dead tag left in
/// the TLB, until the numbers are used up and everything is flushed.
/// @apm{TLB Control, 15.16} @sdm{Virtual Processor Identifiers (VPIDs), 28.1}
class TagAllocator {
   public:
    /// Tags 1 .. count - 1; 0 is the host's.
    explicit constexpr TagAllocator(u32 count) : count_(count) {}
    /// Called before each entry, with AddressSpace::nested_generation. True: `tag` is a new one, and so the guest starts with no
    /// translations. False: what the TLB holds under the old one is still right.
    bool renew(TranslationTag& tag, u64 memory_generation) {
        const bool same_core = tag.core == this && tag.generation == generation_;
        if (same_core && tag.memory_generation == memory_generation) return false;
        const bool flush_all = next_ >= count_;
        if (flush_all) next_ = 1, ++generation_;
        tag = {this, next_++, flush_all, generation_, memory_generation};
        return true;
    }

   private:
    u32 count_;
    u32 next_ = ~0U;  ///< the first use starts a generation, and so flushes
    u64 generation_ = 0;
};
