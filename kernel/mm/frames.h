// SPDX-License-Identifier: MIT
/// @file
/// @brief Physical memory: a buddy allocator of frames, whose blocks of order 1 become pairs, and counted references to frames.
/// @chapter frames
#pragma once

#include <span>

#include "lib/result.h"
#include "lib/types.h"
#include "x86/paging.h"

/// The largest block: 2^18 frames, 1 GiB.
inline constexpr unsigned kMaxOrder = 18;

/// The block size that one TablePair needs: two frames, aligned to both.
inline constexpr unsigned kPairOrder = 1;

constexpr u64 bytes_of_order(unsigned order) { return kPageBytes << order; }
/// The block that a page of `size` needs.
constexpr unsigned order_of(PageSize size) { return 9 * (level_of(size) - 1); }
static_assert(order_of(PageSize::Size1G) == kMaxOrder);

/// A range of physical memory, end exclusive.
struct PhysRange {
    PhysAddr begin, end;
};

/// Whether new memory is to be cleared.
enum class Fill : u8 { Zero, Nothing };

namespace frames {

/// Takes over the usable ranges (sorted, page-aligned, not overlapping) except `reserved` (the kernel image, boot modules),
/// and lays the frame records at the start of a large enough range. Called once, before anything below.
void init(std::span<const PhysRange> usable, std::span<const PhysRange> reserved);
/// Gives a range that was reserved at `init` to the allocator.
void release_reserved(PhysRange range);

/// 2^order frames, aligned to their size, with a reference count of one. ENOMEM: nothing changed. Any context.
Result<PhysAddr> allocate(unsigned order, Fill fill);
/// Gives a block back that `allocate` returned with this order.
void free(PhysAddr block, unsigned order);

/// Whether a block of 2^order frames may be used for a page where smaller ones would do: one is free, and a part of all
/// memory is left over besides, for what can only be had in small pieces.
bool can_spare(unsigned order);

u64 total_bytes();
u64 free_bytes();

/// The frame's virtual address in the kernel's direct map of all physical memory.
void* virt_from_phys(PhysAddr address);
/// The inverse; only for addresses inside the direct map.
PhysAddr phys_from_virt(const void* address);

}  // namespace frames

/// A counted reference to the frames of one page. Page-table leaves, files and kernel code share frames through it; a frame is
/// freed with its last reference. Copying counts up; every reference is dropped exactly once.
///
/// Every frame is counted by itself, those of a page of 2 MiB or 1 GiB as well: a reference to such a page is one to each of
/// its frames. So a page is split, merged, shared in part or freed in part without a count being touched, and what was one
/// page once need not end as one.
class FrameRef {
   public:
    FrameRef() = default;
    /// New frames, one behind the other and aligned to their size. ENOMEM: nothing changed.
    static Result<FrameRef> allocate(Fill fill, PageSize size = PageSize::Size4K);
    /// Takes over one reference that already exists: what a leaf entry held.
    static FrameRef adopt(PhysAddr frame, PageSize size = PageSize::Size4K);
    /// One more reference to frames somebody else holds one of.
    static FrameRef share(PhysAddr frame, PageSize size = PageSize::Size4K);
    FrameRef(const FrameRef& other);
    FrameRef(FrameRef&& other) noexcept : packed_(std::exchange(other.packed_, 0)) {}
    FrameRef& operator=(FrameRef other) noexcept {
        std::swap(packed_, other.packed_);
        return *this;
    }
    ~FrameRef() {
        if (packed_) let_go();
    }

    /// Gives the reference to a page-table leaf, which `adopt` takes it back from.
    PhysAddr leak() { return PhysAddr(std::exchange(packed_, 0)).page(); }
    PhysAddr address() const { return PhysAddr(packed_).page(); }
    PageSize size() const { return static_cast<PageSize>(packed_ & (kPageBytes - 1)); }
    std::byte* data() const { return static_cast<std::byte*>(frames::virt_from_phys(address())); }
    /// References in all to the frame that has most, this one included; exact only while nobody else can take one.
    unsigned count() const { return count_of(address(), size()); }
    /// As `count`, for a page that somebody else, such as a leaf, has the reference of.
    static unsigned count_of(PhysAddr frame, PageSize size = PageSize::Size4K);
    explicit operator bool() const { return packed_ != 0; }

   private:
    FrameRef(PhysAddr frame, PageSize size) : packed_(frame.raw | static_cast<u64>(size)) {}
    void let_go();

    u64 packed_ = 0;  ///< the first frame's address, and in its free low bits the PageSize; 0: none
};
