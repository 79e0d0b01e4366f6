// SPDX-License-Identifier: MIT
/// @file
/// @brief Pages of 2 MiB and 1 GiB: chosen, split, shared in part, merged and gathered, one case after the other.
/// @chapter testing
#include "mm/large_pages.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <vector>

#include "host_kernel.h"
#include "memory_model.h"

namespace {

constexpr VirtAddr kBegin{4 * kGiB};  // in the window, and where a page of 1 GiB may begin
constexpr VirtAddr kOutside{kWindowEnd + 8 * kGiB};
constexpr Protection kReadWrite{true, true, false}, kReadOnly{true, false, false};
constexpr PageSize kSizes[] = {PageSize::Size4K, PageSize::Size2M, PageSize::Size1G};

class LargePages : public testing::Test {
   protected:
    LargePages() { start(4 * kGiB, PageSize::Size1G); }
    ~LargePages() override { host_kernel::on_invalidation = {}; }

    /// A machine with memory of `bytes`, and one process.
    void start(u64 bytes, PageSize largest) {
        space = {};
        host_kernel::reset_memory(bytes);
        set_largest_page(largest);
        space = AddressSpace::create().value();
    }

    void map(VirtAddr begin, u64 bytes, Region::Kind kind = Region::Kind::Plain) {
        ASSERT_TRUE(space
                        ->map({.address = begin,
                               .bytes = bytes,
                               .placement = AddressSpace::Placement::Fixed,
                               .protection = kReadWrite,
                               .kind = kind})
                        .ok());
    }
    void touch(VirtAddr address, Access access = Access::Write) {
        ASSERT_EQ(space->resolve({address, access, Ring::RingV}), Resolution::Mapped) << std::hex << address.raw;
        check();
    }
    void check() { ASSERT_EQ(space->check(), nullptr) << space->check(); }
    u64 bytes_in(PageSize size) { return space->usage().by_size[level_of(size) - 1]; }
    unsigned level_at(VirtAddr address) { return space->tables().walk(address).level; }
    u64& word(VirtAddr address) { return model::word_at(*space, address.raw); }

    Ref<AddressSpace> space;
};

TEST_F(LargePages, TheFirstTouchGetsTheLargestPageThatFits) {
    map(kBegin - 3 * kMiB, kGiB + 8 * kMiB);
    touch(kBegin + 12345);
    touch(kBegin - 2 * kMiB);
    touch(kBegin - 2 * kMiB - 1);
    touch(kBegin + kGiB + 4 * kMiB);
    touch(kBegin + kGiB + 4 * kMiB - 1);
    EXPECT_EQ(level_at(kBegin), 3u);
    EXPECT_EQ(level_at(kBegin - 1), 2u);
    EXPECT_EQ(level_at(kBegin - 2 * kMiB - 1), 1u);
    EXPECT_EQ(bytes_in(PageSize::Size1G), kGiB);
    EXPECT_EQ(level_at(kBegin + kGiB + 4 * kMiB - 1), 2u);
    EXPECT_EQ(level_at(kBegin + kGiB + 4 * kMiB), 1u) << "the region ends in the middle of it";
    EXPECT_EQ(bytes_in(PageSize::Size2M), 4 * kMiB);
    EXPECT_EQ(bytes_in(PageSize::Size4K), 2 * kMiB) << "the borders' pages came at one touch each";
}

TEST_F(LargePages, SmallOnesComeAtOneTouchInTheWindowOnly) {
    const auto map_with_border = [this](VirtAddr begin) {
        map(begin, kMiB);
        ASSERT_TRUE(space->protect(begin + 600 * kKiB, 4 * kKiB, kReadOnly).ok());
    };
    map_with_border(kBegin);
    touch(kBegin + 5);
    EXPECT_EQ(bytes_in(PageSize::Size4K), 600 * kKiB) << "up to the border, and no further";
    EXPECT_EQ(space->resolve({kBegin + 300 * kKiB, Access::Write, Ring::RingV}), Resolution::Spurious);
    map_with_border(kOutside);
    touch(kOutside + 5);
    EXPECT_EQ(bytes_in(PageSize::Size4K), 604 * kKiB);
}

TEST_F(LargePages, OutsideTheWindowTheyStartWith2MiB) {
    map(kOutside, 2 * kGiB);
    touch(kOutside);
    EXPECT_EQ(bytes_in(PageSize::Size2M), 2 * kMiB);
}

TEST_F(LargePages, StacksAndWhatCannotBeWrittenStartWith4KiB) {
    map(kBegin, 8 * kMiB, Region::Kind::ThreadStack);
    touch(kBegin + 8 * kMiB - 1);
    EXPECT_EQ(bytes_in(PageSize::Size4K), kPageBytes);
    map(kBegin, 8 * kMiB);
    ASSERT_TRUE(space->protect(kBegin, 8 * kMiB, kReadOnly).ok());
    touch(kBegin, Access::Read);
    EXPECT_EQ(bytes_in(PageSize::Size4K), kPageBytes);
}

TEST_F(LargePages, CostTheArithmeticInPairs) {
    // Root, the table of 1 GiB entries; then a table for each GiB in smaller pages, and one for each 2 MiB in 4 KiB pages.
    for (const PageSize size : kSizes) {
        start(4 * kGiB, size);
        map(kBegin, kGiB);
        for (u64 at = 0; at < kGiB; at += bytes_of(size)) {
            ASSERT_EQ(space->resolve({kBegin + at, Access::Write, Ring::RingV}), Resolution::Mapped);
        }
        const u64 small[] = {512 + 1, 1, 0};
        EXPECT_EQ(space->usage().pair_bytes, (2 + small[level_of(size) - 1]) * sizeof(TablePair));
        EXPECT_EQ(bytes_in(size), kGiB);
    }
}

TEST_F(LargePages, WhatIsZeroAlreadyIsNotWritten) {
    const auto resident_bytes = [] {
        u64 all = 0, resident = 0;
        std::ifstream("/proc/self/statm") >> all >> resident;
        return resident * kPageBytes;
    };
    map(kBegin, kGiB);
    const u64 before = resident_bytes();
    touch(kBegin + 5);
    EXPECT_EQ(bytes_in(PageSize::Size1G), kGiB);
    EXPECT_LT(resident_bytes() - before, 64 * kMiB);
    // What was used before is zeroed.
    word(kBegin + 100 * kMiB) = 1;
    ASSERT_TRUE(space->unmap(kBegin, kGiB).ok());
    map(kBegin, kGiB);
    touch(kBegin);
    EXPECT_EQ(word(kBegin + 100 * kMiB), 0u);
}

TEST_F(LargePages, SmallOnesAreTakenWhereMemoryIsShort) {
    start(64 * kMiB, PageSize::Size1G);
    map(kBegin, kGiB);
    Resolution last = Resolution::Mapped;
    u64 touched = 0;
    for (; last == Resolution::Mapped; touched += kPageBytes) {
        if (level_at(kBegin + touched) == 2 && space->tables().walk(kBegin + touched).mapped()) continue;
        last = space->resolve({kBegin + touched, Access::Write, Ring::Ring3});
    }
    EXPECT_EQ(last, Resolution::NoMemory);
    EXPECT_GT(bytes_in(PageSize::Size2M), 50 * kMiB);
    EXPECT_LT(frames::free_bytes(), 64 * kKiB) << "a large page that there was no memory for kept small ones from it";
    check();
}

TEST_F(LargePages, AreSplitForARightAndMergedWhenItIsGone) {
    map(kBegin, kGiB);
    touch(kBegin);
    word(kBegin + 77 * kPageBytes) = 42;
    const u64 pairs = space->usage().pair_bytes;
    ASSERT_TRUE(space->protect(kBegin + 600 * kMiB, kPageBytes, kReadOnly).ok());
    check();
    EXPECT_EQ(bytes_in(PageSize::Size1G), 0u);
    EXPECT_EQ(bytes_in(PageSize::Size2M), kGiB - 2 * kMiB);
    EXPECT_EQ(bytes_in(PageSize::Size4K), 2 * kMiB);
    EXPECT_EQ(space->usage().pair_bytes, pairs + 2 * sizeof(TablePair));
    EXPECT_EQ(word(kBegin + 77 * kPageBytes), 42u);
    ASSERT_TRUE(space->protect(kBegin + 600 * kMiB, kPageBytes, kReadWrite).ok());
    // It may have been shared: the one page stays closed to writes until somebody tries.
    touch(kBegin + 600 * kMiB);
    EXPECT_EQ(bytes_in(PageSize::Size1G), kGiB);
    EXPECT_EQ(space->usage().pair_bytes, pairs);
    EXPECT_EQ(word(kBegin + 77 * kPageBytes), 42u);
}

TEST_F(LargePages, KeepWhatTheProcessorNoted) {
    map(kBegin, 2 * kMiB);
    touch(kBegin);
    EXPECT_FALSE(model::dirty_at(*space, kBegin.raw));
    model::note_write(*space, kBegin.raw);
    ASSERT_TRUE(space->protect(kBegin, kPageBytes, kReadOnly).ok());
    EXPECT_EQ(level_at(kBegin), 1u);
    for (u64 at = 0; at < 2 * kMiB; at += kPageBytes) ASSERT_TRUE(model::dirty_at(*space, kBegin.raw + at)) << at;
    ASSERT_TRUE(space->protect(kBegin, kPageBytes, kReadWrite).ok());
    touch(kBegin);
    EXPECT_EQ(level_at(kBegin), 2u);
    EXPECT_TRUE(model::dirty_at(*space, kBegin.raw));
}

/// A processor that writes while the parts are being made one page, at the last moment at which it still can.
TEST_F(LargePages, ALateNoteIsNotLost) {
    map(kBegin, 2 * kMiB);
    touch(kBegin);
    ASSERT_TRUE(space->protect(kBegin, kPageBytes, kReadOnly).ok());
    ASSERT_TRUE(space->protect(kBegin, kPageBytes, kReadWrite).ok());
    const PhysAddr table = model::table_of(*space, kBegin.raw);
    int seen = 0;
    host_kernel::on_invalidation = [&] {
        // The table has left the tree: nobody finds it any more, but a core that is in the middle of a walk may.
        if (space->tables().walk(kBegin).level != 2) return;
        EXPECT_FALSE(space->tables().walk(kBegin).mapped()) << "two sizes of translations at the same time";
        reinterpret_cast<u64*>(frames::virt_from_phys(table))[7] |= 0x60;
        ++seen;
    };
    ASSERT_EQ(space->resolve({kBegin, Access::Write, Ring::Ring3}), Resolution::Mapped);
    EXPECT_EQ(seen, 1);
    EXPECT_EQ(level_at(kBegin), 2u);
    EXPECT_TRUE(model::dirty_at(*space, kBegin.raw));
}

TEST_F(LargePages, AreClosedWhileTheyAreSplit) {
    map(kBegin, 2 * kMiB);
    touch(kBegin);
    int seen = 0;
    host_kernel::on_invalidation = [&] { seen += !space->tables().walk(kBegin).mapped(); };
    ASSERT_TRUE(space->protect(kBegin, kPageBytes, kReadOnly).ok());
    EXPECT_EQ(seen, 1) << "no core was made to forget the large page before the small ones were there";
}

TEST_F(LargePages, AreCopiedOnlyWhereTheyAreWritten) {
    map(kBegin, 4 * kMiB);
    touch(kBegin);
    touch(kBegin + 2 * kMiB);
    word(kBegin + 5 * kPageBytes) = 1;
    word(kBegin + 6 * kPageBytes) = 2;
    auto child = space->fork().value();
    const u64 before = frames::free_bytes();
    ASSERT_EQ(child->resolve({kBegin + 5 * kPageBytes, Access::Write, Ring::Ring3}), Resolution::Mapped);
    EXPECT_EQ(frames::free_bytes(), before - kPageBytes - sizeof(TablePair));
    model::word_at(*child, kBegin.raw + 5 * kPageBytes) = 10;
    EXPECT_EQ(word(kBegin + 5 * kPageBytes), 1u);
    EXPECT_EQ(model::word_at(*child, kBegin.raw + 6 * kPageBytes), 2u);
    EXPECT_EQ(level_at(kBegin), 2u) << "the parent's page is whole";
    EXPECT_EQ(child->check(), nullptr);
    check();
    child = {};
    // Alone again, the parent writes without a copy.
    touch(kBegin + 6 * kPageBytes);
    EXPECT_EQ(level_at(kBegin), 2u);
    EXPECT_EQ(frames::free_bytes(), before + 3 * sizeof(TablePair)) << "the child's own pairs, and no more, came back";
}

TEST_F(LargePages, AreGivenBackInPartAfterTheInvalidation) {
    map(kBegin, 2 * kMiB);
    touch(kBegin);
    const u64 before = frames::free_bytes();
    ASSERT_TRUE(space->unmap(kBegin + kMiB, kMiB).ok());
    EXPECT_EQ(frames::free_bytes(), before + kMiB - sizeof(TablePair));
    host_kernel::take_invalidations();
    ASSERT_TRUE(space->unmap(kBegin, kMiB).ok());
    for (const auto& done : host_kernel::take_invalidations()) {
        EXPECT_LE(done.free_bytes, before + 2 * kMiB - sizeof(TablePair));
    }
    EXPECT_EQ(frames::free_bytes(), before + 2 * kMiB + 2 * sizeof(TablePair));
}

TEST_F(LargePages, MoveAsTheyAre) {
    map(kOutside, 6 * kMiB);
    for (u64 at = 0; at < 6 * kMiB; at += 2 * kMiB) touch(kOutside + at);
    word(kOutside + 3 * kMiB) = 7;
    const auto blocker = space->map({.address = kOutside + 6 * kMiB, .bytes = kPageBytes, .protection = kReadOnly});
    ASSERT_TRUE(blocker.ok());
    const auto moved = space->remap(kOutside, 6 * kMiB, 16 * kMiB, AddressSpace::Move::Allowed);
    ASSERT_TRUE(moved.ok());
    EXPECT_EQ(bytes_in(PageSize::Size2M), 6 * kMiB);
    EXPECT_EQ(word(moved.value() + 3 * kMiB), 7u);
    check();
}

TEST_F(LargePages, AreGatheredFromMemoryThatWasFragmented) {
    start(64 * kMiB, PageSize::Size1G);
    // Every second frame is somebody else's: there is no block of 2 MiB.
    std::vector<FrameRef> held;
    while (frames::free_bytes() > kMiB) held.push_back(FrameRef::allocate(Fill::Nothing).value());
    for (usize i = 0; i < held.size(); i += 2) held[i] = {};
    map(kBegin, 2 * kMiB);
    for (u64 at = 0; at < 2 * kMiB; at += 2 * kPageBytes) {
        touch(kBegin + at);
        word(kBegin + at) = at + 1;
    }
    EXPECT_EQ(bytes_in(PageSize::Size4K), kMiB);
    EXPECT_EQ(space->enlarge_next(VirtAddr(0)), kBegin + 2 * kMiB) << "the candidate was passed over";
    EXPECT_EQ(bytes_in(PageSize::Size4K), kMiB) << "there was no memory for it";
    held.clear();
    model::note_write(*space, kBegin.raw);
    space->enlarge_next(VirtAddr(0));
    check();
    EXPECT_EQ(bytes_in(PageSize::Size2M), 2 * kMiB);
    EXPECT_TRUE(model::dirty_at(*space, kBegin.raw));
    for (u64 at = 0; at < 2 * kMiB; at += 2 * kPageBytes) {
        ASSERT_EQ(word(kBegin + at), at + 1);
        ASSERT_EQ(word(kBegin + at + kPageBytes), 0u);
    }
    EXPECT_EQ(space->enlarge_next(VirtAddr(0)), kUserEnd);
}

TEST_F(LargePages, ThatAreSharedAreNotGathered) {
    set_largest_page(PageSize::Size4K);
    map(kBegin, 2 * kMiB);
    for (u64 at = 0; at < 2 * kMiB; at += kPageBytes) touch(kBegin + at);
    set_largest_page(PageSize::Size2M);
    auto child = space->fork().value();
    EXPECT_EQ(space->enlarge_next(VirtAddr(0)), kUserEnd);
    child = {};
    for (u64 at = 0; at < 2 * kMiB; at += kPageBytes) {
        const Resolution resolution = space->resolve({kBegin + at, Access::Write, Ring::Ring3});
        ASSERT_TRUE(resolution == Resolution::Mapped || resolution == Resolution::Spurious);
    }
    space->enlarge_next(VirtAddr(0));
    EXPECT_EQ(bytes_in(PageSize::Size2M), 2 * kMiB);
}

TEST_F(LargePages, LeaveNothingBehind) {
    const u64 before = frames::free_bytes();
    map(kBegin, kGiB);
    touch(kBegin);
    auto child = space->fork().value();
    ASSERT_EQ(child->resolve({kBegin + 3 * kMiB, Access::Write, Ring::RingV}), Resolution::Mapped);
    ASSERT_TRUE(space->discard(kBegin + 100 * kMiB, 3 * kPageBytes).ok());
    ASSERT_TRUE(child->unmap(kBegin + 500 * kMiB + kPageBytes, 7 * kMiB).ok());
    EXPECT_EQ(child->check(), nullptr);
    check();
    child = {};
    ASSERT_TRUE(space->unmap(kBegin, kGiB).ok());
    EXPECT_EQ(frames::free_bytes(), before);
}

}  // namespace
