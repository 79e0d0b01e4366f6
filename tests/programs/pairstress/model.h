// SPDX-License-Identifier: MIT
/// @file
/// @brief What memory ought to be: a second book, kept apart from the kernel's, of every page under test.
/// @chapter pair
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pairstress {

constexpr size_t kPageBytes = 4096;
constexpr size_t kArenaPages = 640;  ///< 128 before the border, and behind it as many as a page of 2 MiB has

/// Stretches of addresses, each across a border of the paging structures, and large enough for a page of 2 MiB behind it. The
/// window ends at 512 GiB.
constexpr std::array<uintptr_t, 4> kArenas = {
    0x10000,                                    // the lowest addresses that may be mapped
    (uintptr_t{1} << 30) - 128 * kPageBytes,    // across 1 GiB
    (uintptr_t{512} << 30) - 128 * kPageBytes,  // half inside the window, half outside
    (uintptr_t{64} << 40) + 0x180000,           // far outside, across 2 MiB
};

constexpr size_t kPages = kArenas.size() * kArenaPages;

enum class Rights : uint8_t { None, Read, ReadWrite, ReadExecute };

/// One page as it ought to be. Every word of it has the same value.
struct Page {
    bool mapped = false;
    Rights rights = Rights::None;
    uint64_t value = 0;

    bool readable() const { return mapped && rights != Rights::None; }
    bool writable() const { return mapped && rights == Rights::ReadWrite; }
};

/// A run of pages in one arena.
struct Run {
    size_t first;
    size_t count;
};

/// Numbers that depend on the seed alone.
class Random {
   public:
    explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
    uint64_t next();
    /// A number below `bound`, which is above 0.
    size_t below(size_t bound) { return static_cast<size_t>(next() % bound); }

   private:
    uint64_t state_;
};

/// The pages of one thread: of each arena a part, whose borders lie in the middle of large pages, so that threads meet in pairs
/// and not in pages.
class Model {
   public:
    /// Part `part` of `parts`.
    Model(size_t part, size_t parts)
        : pages_(kPages), begin_(kArenaPages * part / parts), end_(kArenaPages * (part + 1) / parts) {}

    Page& page(size_t index) { return pages_[index]; }
    Page const& page(size_t index) const { return pages_[index]; }

    /// A page of this part.
    size_t random_page(Random& random) const;
    /// A run of 1 to `most` pages that lies within one arena.
    Run random_run(Random& random, size_t most) const;

    /// All that one arena has of this part; where that is the whole arena, large pages fit into it.
    Run whole_part(size_t arena) const { return {arena * kArenaPages + begin_, end_ - begin_}; }

    /// As `random_run`, cut to pages that are mapped; a count of 0 when the first is not.
    Run mapped_run(Random& random, size_t most) const;

   private:
    std::vector<Page> pages_;
    size_t begin_, end_;  // the part, in each arena
};

/// The address of a page.
constexpr uintptr_t address_of(size_t index) { return kArenas[index / kArenaPages] + index % kArenaPages * kPageBytes; }

}  // namespace pairstress
