// SPDX-License-Identifier: MIT
/// @file
/// @brief Physical memory: a buddy allocator of frames, whose blocks of order 1 become pairs, and counted references to frames.
/// @chapter frames
#pragma once

#include <span>

#include "lib/result.h"
#include "lib/types.h"

/// The largest block: 2^18 frames, 1 GiB.
inline constexpr unsigned kMaxOrder = 18;

/// The block size that one TablePair needs: two frames, aligned to both.
inline constexpr unsigned kPairOrder = 1;

constexpr u64 bytes_of_order(unsigned order) { return kPageBytes << order; }

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

u64 total_bytes();
u64 free_bytes();

/// The frame's virtual address in the kernel's direct map of all physical memory.
void* virt_from_phys(PhysAddr address);
/// The inverse; only for addresses inside the direct map.
PhysAddr phys_from_virt(const void* address);

}  // namespace frames

/// A counted reference to one frame (4 KiB). Page-table leaves, files and kernel code share frames through it; the frame is
/// freed with its last reference. Copying counts up; every reference is dropped exactly once.
class FrameRef {
   public:
    FrameRef() = default;
    /// A new frame. ENOMEM: nothing changed.
    static Result<FrameRef> allocate(Fill fill);
    /// Takes over one reference that already exists: what a leaf entry held.
    static FrameRef adopt(PhysAddr frame);
    /// One more reference to a frame somebody else holds one of.
    static FrameRef share(PhysAddr frame);
    FrameRef(const FrameRef& other);
    FrameRef(FrameRef&& other) noexcept : frame_(std::exchange(other.frame_, PhysAddr())) {}
    FrameRef& operator=(FrameRef other) noexcept {
        std::swap(frame_, other.frame_);
        return *this;
    }
    ~FrameRef();

    /// Gives the reference to a page-table leaf, which `adopt` takes it back from.
    PhysAddr leak() { return std::exchange(frame_, PhysAddr()); }
    PhysAddr address() const { return frame_; }
    std::byte* data() const { return static_cast<std::byte*>(frames::virt_from_phys(frame_)); }
    /// References in all, this one included; exact only while nobody else can take one.
    unsigned count() const;
    explicit operator bool() const { return frame_.raw != 0; }

   private:
    PhysAddr frame_;
};
