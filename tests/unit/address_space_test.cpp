// SPDX-License-Identifier: MIT
/// @file
/// @brief Regions, resolve and both halves of every pair against an independent model, through random operations.
/// @chapter testing
#include "mm/address_space.h"

#include <gtest/gtest.h>

#include <random>

#include "host_kernel.h"
#include "memory_model.h"

namespace {

constexpr u64 kRaw39 = 1ULL << 39;
constexpr u64 kFrame = 0x000f'ffff'ffff'f000;

/// One process: the real address space and the model of it.
struct Process {
    Ref<AddressSpace> space;
    model::Model model;
};

class RandomProcesses {
   public:
    RandomProcesses(u64 seed, PageSize largest) : random_(seed), largest_(largest) {
        host_kernel::reset_memory(largest == PageSize::Size1G ? 4 * kGiB : kGiB);
        set_largest_page(largest);
        processes_.push_back({AddressSpace::create().value(), {}});
        map(processes_[0], {4 * kGiB, 6 * kGiB}, {true, true, false});
    }

    void step() {
        Process& process = processes_[random_() % processes_.size()];
        switch (random_() % 12) {
        case 0: return map(process, random_range(), random_protection());
        case 1: return unmap(process);
        case 2:
        case 3: return protect(process);
        case 4: return fork(process);
        case 5: return discard(process);
        case 6: return enlarge(process);
        default:
            for (int i = 0; i < 4 && !testing::Test::HasFatalFailure(); ++i) touch(process);
        }
    }

    void check_all() {
        for (Process& process : processes_) {
            const std::string wrong = process.model.compare(*process.space);
            ASSERT_EQ(wrong, "");
        }
    }
    /// Pages of `size` that were seen.
    u64 seen(PageSize size) const { return seen_[level_of(size)]; }

   private:
    struct Range {
        u64 begin, end;
    };
    /// A few places on both sides of every border that matters, so that ranges meet often; a few pages there, or so many that
    /// a large page fits, whose end may be a few pages off.
    Range random_range() {
        static constexpr u64 kPlaces[] = {0x1fc000, 0x3fffe000, kRaw39 - 0x5000, kRaw39 + 0x1fc000};
        const bool giant = largest_ == PageSize::Size1G;
        const u64 place = giant ? (4 + random_() % 2) * kGiB : kPlaces[random_() % std::size(kPlaces)];
        const u64 pages = (random_() % 6) * kPageBytes;
        if (random_() % 2) {
            const u64 begin = place + pages + (giant ? (random_() % 3) * 400 * kMiB : 0);
            return {begin, begin + (1 + random_() % 6) * kPageBytes};
        }
        const u64 unit = giant ? kGiB : 2 * kMiB;
        const u64 begin = align_down(place, unit) + (random_() % 2) * unit;
        return {begin, begin + (1 + random_() % 2) * unit + (random_() % 4 ? 0 : pages)};
    }
    Protection random_protection() {
        static constexpr Protection kChoices[] = {{true, true, false}, {true, true, false}, {true, false, false},
                                                  {true, false, true}, {true, true, true},  {false, false, false}};
        return kChoices[random_() % std::size(kChoices)];
    }

    void map(Process& process, Range range, Protection protection) {
        const auto [begin, end] = range;
        const auto mapped = process.space->map({.address = VirtAddr(begin),
                                                .bytes = end - begin,
                                                .placement = AddressSpace::Placement::Fixed,
                                                .protection = protection});
        ASSERT_TRUE(mapped.ok());
        process.model.map(begin, end, protection);
    }

    void unmap(Process& process) {
        const auto [begin, end] = random_range();
        ASSERT_TRUE(process.space->unmap(VirtAddr(begin), end - begin).ok());
        process.model.unmap(begin, end);
    }

    void protect(Process& process) {
        const auto [begin, end] = random_range();
        const Protection protection = random_protection();
        const bool ok = process.space->protect(VirtAddr(begin), end - begin, protection).ok();
        ASSERT_EQ(ok, process.model.protect(begin, end, protection));
    }

    void discard(Process& process) {
        const auto [begin, end] = random_range();
        ASSERT_TRUE(process.space->discard(VirtAddr(begin), end - begin).ok());
        process.model.discard(begin, end);
    }

    void enlarge(Process& process) {
        for (VirtAddr at; at < kUserEnd;) at = process.space->enlarge_next(at);
    }

    void fork(Process& parent) {
        if (processes_.size() >= 4) {
            processes_.erase(processes_.begin() + static_cast<long>(random_() % processes_.size()));
            return;
        }
        auto child = parent.space->fork();
        ASSERT_TRUE(child.ok());
        processes_.push_back({child.value(), parent.model.copy()});
    }

    /// A load or a store as the processor does it: look at the entry, fault, look again, note.
    void touch(Process& process) {
        const auto [begin, end] = random_range();
        const u64 page = align_down(begin + random_() % (end - begin), kPageBytes);
        const bool write = random_() % 2;
        const Access access = write ? Access::Write : Access::Read;
        const Ring ring = page < kRaw39 && random_() % 2 ? Ring::RingV : Ring::Ring3;
        const Protection* const protection = process.model.protection(page);
        const bool allowed = protection && (write ? protection->write : !protection->none());
        const Resolution resolution = process.space->resolve({VirtAddr(page + 8), access, ring});
        if (!allowed) {
            ASSERT_EQ(resolution, protection ? Resolution::Denied : Resolution::NotBacked);
            return;
        }
        ASSERT_TRUE(resolution == Resolution::Mapped || resolution == Resolution::Spurious);
        const model::Leaf leaf = model::leaf_at(*process.space, page);
        ASSERT_TRUE((leaf.host & 1) && (!write || (leaf.host & 2)));
        ++seen_[leaf.level];
        u64& word = model::word_at(*process.space, page + 8);
        ASSERT_EQ(word, process.model.value(page));
        if (!write) return;
        word = random_();
        model::note_write(*process.space, page);
        process.model.write(page, word);
    }

    std::mt19937_64 random_;
    PageSize largest_;
    std::vector<Process> processes_;
    u64 seen_[4] = {};
};

void run_random_operations(u64 seed, PageSize largest, int steps) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomProcesses processes(seed, largest);
    for (int step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
        SCOPED_TRACE(testing::Message() << "step " << step);
        processes.step();
        processes.check_all();
    }
    for (PageSize size = largest; size != PageSize::Size4K; size = smaller(size)) {
        EXPECT_GT(processes.seen(size), 5u) << "of level " << level_of(size);
    }
}

TEST(AddressSpace, ThousandsOfRandomOperationsKeepBothHalvesTrue) {
    for (const u64 seed : {1u, 2u, 3u}) run_random_operations(seed, PageSize::Size2M, 800);
    run_random_operations(4, PageSize::Size4K, 600);
}

TEST(AddressSpace, RandomOperationsOnGigabytesKeepBothHalvesTrue) {
    for (const u64 seed : {5u, 6u}) run_random_operations(seed, PageSize::Size1G, 250);
}

TEST(AddressSpace, NothingIsLeftWhenTheLastProcessEnds) {
    host_kernel::reset_memory(64 * kMiB);
    const u64 before = frames::free_bytes();
    {
        auto space = AddressSpace::create().value();
        ASSERT_TRUE(space
                        ->map({.address = VirtAddr(0x400000),
                               .bytes = 3 * kMiB,
                               .placement = AddressSpace::Placement::Fixed,
                               .protection = {true, true, false}})
                        .ok());
        for (u64 page = 0x400000; page < 0x700000; page += kPageBytes) {
            ASSERT_EQ(space->resolve({VirtAddr(page), Access::Write, Ring::Ring3}), Resolution::Mapped);
        }
        auto child = space->fork().value();
        ASSERT_EQ(child->resolve({VirtAddr(0x400000), Access::Write, Ring::Ring3}), Resolution::Mapped);
    }
    EXPECT_EQ(frames::free_bytes(), before);
}

TEST(AddressSpace, AFrameIsFreedOnlyAfterTheInvalidation) {
    host_kernel::reset_memory(64 * kMiB);
    auto space = AddressSpace::create().value();
    ASSERT_TRUE(space
                    ->map({.address = VirtAddr(0x400000),
                           .bytes = kPageBytes,
                           .placement = AddressSpace::Placement::Fixed,
                           .protection = {true, true, false}})
                    .ok());
    ASSERT_EQ(space->resolve({VirtAddr(0x400000), Access::Write, Ring::Ring3}), Resolution::Mapped);
    host_kernel::take_invalidations();
    const u64 before = frames::free_bytes();
    const u64 generation = space->nested_generation();
    u64 at_invalidation = 0;
    host_kernel::on_invalidation = [&] { at_invalidation = space->nested_generation(); };
    ASSERT_TRUE(space->unmap(VirtAddr(0x400000), kPageBytes).ok());
    host_kernel::on_invalidation = nullptr;
    const auto done = host_kernel::take_invalidations();
    ASSERT_EQ(done.size(), 1u);
    EXPECT_EQ(done[0].root, space->tables().host_root());
    EXPECT_EQ(done[0].free_bytes, before) << "the frame was free before the translations were gone";
    EXPECT_GT(frames::free_bytes(), before);
    EXPECT_GT(at_invalidation, generation) << "a core that is made to leave its guest would enter it with what it had";
}

TEST(AddressSpace, CopyOnWriteCopiesOnceAndTheLastOneKeepsTheFrame) {
    host_kernel::reset_memory(64 * kMiB);
    auto parent = AddressSpace::create().value();
    ASSERT_TRUE(parent
                    ->map({.address = VirtAddr(0x400000),
                           .bytes = kPageBytes,
                           .placement = AddressSpace::Placement::Fixed,
                           .protection = {true, true, false}})
                    .ok());
    ASSERT_EQ(parent->resolve({VirtAddr(0x400000), Access::Write, Ring::Ring3}), Resolution::Mapped);
    auto child = parent->fork().value();
    const u64 before = frames::free_bytes();
    EXPECT_EQ(child->resolve({VirtAddr(0x400000), Access::Write, Ring::Ring3}), Resolution::Mapped);
    EXPECT_EQ(frames::free_bytes(), before - kPageBytes);
    EXPECT_EQ(parent->resolve({VirtAddr(0x400000), Access::Write, Ring::Ring3}), Resolution::Mapped);
    EXPECT_EQ(frames::free_bytes(), before - kPageBytes) << "the last holder copied a page that was its own";
}

TEST(AddressSpace, MemoryThatRunsOutIsAnAnswer) {
    host_kernel::reset_memory(4 * kMiB);
    auto space = AddressSpace::create().value();
    ASSERT_TRUE(space
                    ->map({.address = VirtAddr(kGiB),
                           .bytes = 8 * kMiB,
                           .placement = AddressSpace::Placement::Fixed,
                           .protection = {true, true, false}})
                    .ok());
    Resolution last = Resolution::Mapped;
    for (u64 page = kGiB; last == Resolution::Mapped; page += kPageBytes) {
        last = space->resolve({VirtAddr(page), Access::Write, Ring::Ring3});
    }
    EXPECT_EQ(last, Resolution::NoMemory);
    EXPECT_EQ(space->check(), nullptr);
}

TEST(AddressSpace, RemapMovesTheFramesThemselves) {
    host_kernel::reset_memory(64 * kMiB);
    auto space = AddressSpace::create().value();
    const auto begin = space->map({.bytes = 2 * kPageBytes, .protection = {true, true, false}});
    ASSERT_TRUE(begin.ok());
    const auto blocker = space->map({.address = begin.value() + 2 * kPageBytes,
                                     .bytes = kPageBytes,
                                     .placement = AddressSpace::Placement::Fixed,
                                     .protection = {true, false, false}});
    ASSERT_TRUE(blocker.ok());
    ASSERT_EQ(space->resolve({begin.value(), Access::Write, Ring::Ring3}), Resolution::Mapped);
    const u64 frame = model::leaf_at(*space, begin.value().raw).host & kFrame;
    EXPECT_EQ(space->remap(begin.value(), 2 * kPageBytes, 8 * kPageBytes, AddressSpace::Move::Never).error(),
              Error{ENOMEM});
    const auto moved = space->remap(begin.value(), 2 * kPageBytes, 8 * kPageBytes, AddressSpace::Move::Allowed);
    ASSERT_TRUE(moved.ok());
    EXPECT_NE(moved.value(), begin.value());
    EXPECT_EQ(model::leaf_at(*space, moved.value().raw).host & kFrame, frame);
    EXPECT_EQ(model::leaf_at(*space, begin.value().raw).level, 0);
    EXPECT_EQ(space->check(), nullptr);
}

}  // namespace
