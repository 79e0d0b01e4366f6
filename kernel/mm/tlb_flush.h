// SPDX-License-Identifier: MIT
/// @file
/// @brief The debt of whoever removes or tightens a mapping: invalidate everywhere, then free.
/// @chapter pair
#pragma once

#include "lib/vec.h"
#include "mm/frames.h"

class AddressSpace;

/// Whether a flush is for the pages that are listed or for everything.
enum class Extent : u8 { Listed, All };

/// Makes every core that has `root` loaded forget its host translations of `pages`, or all. Returns when it is done.
void invalidate_host_translations(PhysAddr root, std::span<const VirtAddr> pages, Extent extent);

/// Collects the addresses whose entries were removed or tightened and the frames that thereby lost a reference. When it goes
/// out of scope, host and nested translations of those addresses are gone on every core that may hold them, and only then
/// are the frames let go. The entry is stored before `add`, the invalidation comes after the store: no core can load the old
/// entry again in between.
class TlbFlush {
   public:
    explicit TlbFlush(AddressSpace& space) : space_(space) {}
    ~TlbFlush();
    TlbFlush(const TlbFlush&) = delete;
    TlbFlush& operator=(const TlbFlush&) = delete;

    /// The entry for the page at `address` was removed or tightened.
    void add(VirtAddr address);
    /// As `add`; `frame` is let go after the invalidation. Never fails: a full list is settled and started anew.
    void add(VirtAddr address, FrameRef frame);
    /// As `add` for a whole table pair that was unlinked.
    void add_pair(VirtAddr address, PhysAddr pair);
    /// An entry that points at a table was closed; the table stays the caller's.
    void add_all() { all_ = true; }
    /// Settles what was added until now: from here on no core holds an old translation of it, nor sets accessed and dirty
    /// bits in what it was loaded from.
    void settle();

   private:
    static constexpr usize kBatch = 32;
    AddressSpace& space_;
    VirtAddr pages_[kBatch];
    usize page_count_ = 0;
    bool all_ = false;  ///< more pages than the list holds: invalidate everything
    FrameRef frames_[kBatch];
    usize frame_count_ = 0;
    PhysAddr pairs_[kBatch];
    usize pair_count_ = 0;
};
