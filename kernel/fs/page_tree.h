// SPDX-License-Identifier: MIT
/// @file
/// @brief PageTree: a file's pages by number, with holes.
/// @chapter files
#pragma once

#include "mm/frames.h"

/// A radix tree of frames, 512 ways per level, as deep as the largest page number needs; itself made of frames.
///
///     depth 2:  root [ . | * | . ... ]        page number = 9 bits for the root, 9 for the node
///                        '-> node [ . | frame | . ... ]
///
/// The caller serialises. Nothing here sleeps.
class PageTree {
   public:
    /// Page numbers are below this: 2^36 pages, 2^48 bytes.
    static constexpr u64 kMaxPages = 1ULL << 36;

    PageTree() = default;
    PageTree(PageTree&& other) noexcept
        : root_(std::exchange(other.root_, 0)),
          depth_(std::exchange(other.depth_, 0)),
          pages_(std::exchange(other.pages_, 0)) {}
    PageTree& operator=(PageTree&&) = delete;
    ~PageTree() { free_node(root_, depth_); }

    /// A reference to page `index`; none where there is a hole.
    FrameRef get(u64 index) const;
    /// As `get`; fills a hole with a zero page. ENOMEM: the hole stays.
    Result<FrameRef> get_or_add(u64 index);
    /// Takes all pages from `first` on out, to be let go when no lock is held. ENOMEM: nothing changed.
    Result<PageTree> split(u64 first);
    /// Pages that are there.
    u64 page_count() const { return pages_; }

   private:
    static constexpr unsigned kBits = 9;
    static constexpr u64 kWays = 1ULL << kBits;
    static constexpr unsigned kMaxDepth = 4;
    /// What a node holds: the addresses of nodes or, on the lowest level, of frames; 0 for a hole. Each is one reference.
    using Slot = u64;
    static Slot* slots(Slot node) { return static_cast<Slot*>(frames::virt_from_phys(PhysAddr(node))); }
    /// The slot for `index` in a node that has `depth` levels from itself down.
    static u64 way(u64 index, unsigned depth) { return (index >> (kBits * (depth - 1))) & (kWays - 1); }
    static bool reaches(unsigned depth, u64 index) { return depth > 0 && (index >> (kBits * depth)) == 0; }
    Result<void> grow(u64 index);
    static void free_node(Slot node, unsigned depth);
    static u64 count_pages(Slot node, unsigned depth);

    Slot root_ = 0;
    unsigned depth_ = 0;
    u64 pages_ = 0;
};
