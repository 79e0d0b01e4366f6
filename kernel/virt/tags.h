// SPDX-License-Identifier: MIT
/// @file
/// @brief ASIDs and VPIDs: the tags that keep one guest's translations apart from another's.
/// @chapter ring-v
#pragma once

#include "lib/types.h"

/// Gives out one core's tags. A vCPU whose translations must go simply gets a new one: nothing finds what a dead tag left in
/// the TLB, until the numbers are used up and everything is flushed.
/// @apm{TLB Control, 15.16} @sdm{Virtual Processor Identifiers (VPIDs), 28.1}
class TagAllocator {
   public:
    /// Tags 1 .. count - 1; 0 is the host's.
    explicit constexpr TagAllocator(u32 count) : count_(count) {}

   private:
    friend class TranslationTag;
    u32 count_;
    u32 next_ = ~0U;  ///< the first use starts a generation, and so flushes
    u64 generation_ = 0;
};

/// The tag of one vCPU, on the core where it was last entered.
class TranslationTag {
   public:
    /// Called before each entry, with the core's tags and AddressSpace::nested_generation. True: this is a new tag, and so the
    /// guest starts with no translations. False: what the TLB holds under the old one is still right.
    bool renew(TagAllocator& core, u64 memory_generation) {
        flush_all_ = false;
        if (core_ == &core && generation_ == core.generation_ && memory_generation_ == memory_generation) return false;
        flush_all_ = core.next_ >= core.count_;
        if (flush_all_) core.next_ = 1, ++core.generation_;
        core_ = &core;
        number_ = core.next_++;
        generation_ = core.generation_;
        memory_generation_ = memory_generation;
        return true;
    }
    /// The next entry gets a new one.
    void forget() { core_ = nullptr; }
    u32 number() const { return number_; }
    /// The first of a generation: nothing older may stay in the TLB.
    bool flush_all() const { return flush_all_; }

   private:
    const TagAllocator* core_ = nullptr;
    u32 number_ = 0;
    bool flush_all_ = false;
    u64 generation_ = 0;
    u64 memory_generation_ = 0;
};
