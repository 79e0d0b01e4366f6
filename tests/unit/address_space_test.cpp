// SPDX-License-Identifier: MIT
/// @file
/// @brief Regions, resolve and both halves of every pair against an independent model, through random operations.
/// @chapter testing
///
/// The model knows pages, not regions: for each mapped page its rights and the number that a program would read there. The
/// walk is made with masks of its own, on raw memory, so that a mistake in the layout header cannot hide itself.
#include "mm/address_space.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>

#include "host_kernel.h"

namespace {

constexpr u64 kRaw39 = 1ULL << 39;

struct ModelPage {
    Protection protection;
    u64 value = 0;
    bool operator==(const ModelPage&) const = default;
};
using Model = std::map<u64, ModelPage>;  // by page address

struct RawLeaf {
    u64 host = 0, nested = 0;
};

u64 load(u64 physical) { return *static_cast<u64*>(frames::virt_from_phys(PhysAddr(physical))); }

/// Every leaf of the host half, with the nested entry found by walking the nested half from its own root.
void collect(u64 table, bool is_root, int level, u64 base, std::map<u64, u64>& leaves) {
    for (u64 i = 0; i < (is_root ? 256u : 512u); ++i) {
        const u64 entry = load(table + 8 * i);
        const u64 address = base + (i << (12 + 9 * (level - 1)));
        if (!(entry & 1) && !(entry & 0x200)) continue;
        if (level == 1)
            leaves[address] = entry;
        else
            collect(entry & 0x000f'ffff'ffff'f000, false, level - 1, address, leaves);
    }
}

std::map<u64, RawLeaf> both_halves(const AddressSpace& space) {
    std::map<u64, u64> host, nested;
    collect(space.tables().host_root().raw, true, 4, 0, host);
    collect(space.tables().nested_root().raw, true, 4, 0, nested);
    std::map<u64, RawLeaf> joined;
    for (const auto& [address, entry] : host) joined[address].host = entry;
    for (const auto& [address, entry] : nested) joined[address].nested = entry;
    return joined;
}

/// One process: the real address space and the model of it.
struct Process {
    Ref<AddressSpace> space;
    Model model;
};

class RandomProcesses {
   public:
    explicit RandomProcesses(u64 seed) : random_(seed) {
        host_kernel::reset_memory(64 * kMiB);
        processes_.push_back({AddressSpace::create().value(), {}});
    }

    void step() {
        Process& process = processes_[random_() % processes_.size()];
        switch (random_() % 8) {
        case 0: return map(process);
        case 1: return unmap(process);
        case 2: return protect(process);
        case 3: return fork(process);
        default:
            for (int i = 0; i < 4 && !testing::Test::HasFatalFailure(); ++i) touch(process);
        }
    }

    void check_all() {
        for (Process& process : processes_) check(process);
    }

   private:
    struct Range {
        u64 begin, bytes;
    };
    /// A few places on both sides of every border that matters, so that ranges meet often.
    Range random_range() {
        static constexpr u64 kPlaces[] = {0x1fc000, 0x3fffe000, kRaw39 - 0x5000, kRaw39 + 0x1fc000};
        const u64 begin = kPlaces[random_() % std::size(kPlaces)] + (random_() % 6) * kPageBytes;
        const u64 bytes = (1 + random_() % 6) * kPageBytes;
        return {begin, bytes};
    }
    Protection random_protection() {
        static constexpr Protection kChoices[] = {
            {true, true, false}, {true, false, false}, {true, false, true}, {true, true, true}, {false, false, false}};
        return kChoices[random_() % std::size(kChoices)];
    }

    void map(Process& process) {
        const auto [begin, bytes] = random_range();
        const Protection protection = random_protection();
        const auto mapped = process.space->map({.address = VirtAddr(begin),
                                                .bytes = bytes,
                                                .placement = AddressSpace::Placement::Fixed,
                                                .protection = protection});
        ASSERT_TRUE(mapped.ok());
        for (u64 page = begin; page < begin + bytes; page += kPageBytes) process.model[page] = {protection, 0};
    }

    void unmap(Process& process) {
        const auto [begin, bytes] = random_range();
        ASSERT_TRUE(process.space->unmap(VirtAddr(begin), bytes).ok());
        process.model.erase(process.model.lower_bound(begin), process.model.lower_bound(begin + bytes));
    }

    void protect(Process& process) {
        const auto [begin, bytes] = random_range();
        const Protection protection = random_protection();
        const bool ok = process.space->protect(VirtAddr(begin), bytes, protection).ok();
        // Up to the first hole the pages have changed, as Linux has it.
        u64 page = begin;
        for (; page < begin + bytes; page += kPageBytes) {
            const auto found = process.model.find(page);
            if (found == process.model.end()) break;
            found->second.protection = protection;
        }
        ASSERT_EQ(ok, page == begin + bytes);
    }

    void fork(Process& parent) {
        if (processes_.size() >= 5) {
            processes_.erase(processes_.begin() + static_cast<long>(random_() % processes_.size()));
            return;
        }
        auto child = parent.space->fork();
        ASSERT_TRUE(child.ok());
        processes_.push_back({child.value(), parent.model});
    }

    /// A load or a store as the processor does it: look at the entry, fault, look again.
    void touch(Process& process) {
        const u64 page = random_range().begin;
        const bool write = random_() % 2;
        const Access access = write ? Access::Write : Access::Read;
        const Ring ring = page < kRaw39 && random_() % 2 ? Ring::RingV : Ring::Ring3;
        const auto found = process.model.find(page);
        const bool allowed =
            found != process.model.end() && (write ? found->second.protection.write : !found->second.protection.none());
        const Resolution resolution = process.space->resolve({VirtAddr(page + 8), access, ring});
        if (!allowed) {
            ASSERT_EQ(resolution, found == process.model.end() ? Resolution::NotBacked : Resolution::Denied);
            return;
        }
        ASSERT_TRUE(resolution == Resolution::Mapped || resolution == Resolution::Spurious);
        const RawLeaf leaf = both_halves(*process.space)[page];
        ASSERT_TRUE((leaf.host & 1) && (!write || (leaf.host & 2)));
        u64& word = *static_cast<u64*>(frames::virt_from_phys(PhysAddr((leaf.host & 0x000f'ffff'ffff'f000) + 8)));
        ASSERT_EQ(word, found->second.value);
        if (write) word = found->second.value = random_();
    }

    void check(Process& process) {
        ASSERT_EQ(process.space->check(), nullptr) << process.space->check();
        for (const auto& [address, leaf] : both_halves(*process.space)) {
            const auto page = process.model.find(address);
            ASSERT_NE(page, process.model.end()) << std::hex << address << " is mapped, the model has nothing there";
            const Protection protection = page->second.protection;
            ASSERT_EQ((leaf.host & 1) != 0, !protection.none());
            ASSERT_TRUE(!(leaf.host & 2) || protection.write || protection.none());
            ASSERT_TRUE((leaf.host >> 63) || protection.execute || protection.none());
            ASSERT_TRUE(leaf.host & 4);
            const bool reachable = address < kRaw39 && (leaf.host & 1);
            // Accessed and dirty are the only bits in which the halves may differ.
            ASSERT_EQ(leaf.nested & ~0x60ULL, reachable ? leaf.host & ~0x60ULL : 0) << std::hex << address;
            const u64 value = load((leaf.host & 0x000f'ffff'ffff'f000) + 8);
            ASSERT_EQ(value, page->second.value) << std::hex << address;
        }
    }

    std::mt19937_64 random_;
    std::vector<Process> processes_;
};

TEST(AddressSpace, AThousandRandomOperationsKeepBothHalvesTrue) {
    for (const u64 seed : {1u, 2u, 3u}) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        RandomProcesses processes(seed);
        for (int step = 0; step < 1000 && !testing::Test::HasFatalFailure(); ++step) {
            SCOPED_TRACE(testing::Message() << "step " << step);
            processes.step();
            processes.check_all();
        }
    }
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
    ASSERT_TRUE(space->unmap(VirtAddr(0x400000), kPageBytes).ok());
    const auto done = host_kernel::take_invalidations();
    ASSERT_EQ(done.size(), 1u);
    EXPECT_EQ(done[0].root, space->tables().host_root());
    EXPECT_EQ(done[0].free_bytes, before) << "the frame was free before the translations were gone";
    EXPECT_GT(frames::free_bytes(), before);
    EXPECT_GT(space->nested_generation(), generation);
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
    const u64 frame = both_halves(*space)[begin.value().raw].host & 0x000f'ffff'ffff'f000;
    EXPECT_EQ(space->remap(begin.value(), 2 * kPageBytes, 8 * kPageBytes, AddressSpace::Move::Never).error(),
              Error{ENOMEM});
    const auto moved = space->remap(begin.value(), 2 * kPageBytes, 8 * kPageBytes, AddressSpace::Move::Allowed);
    ASSERT_TRUE(moved.ok());
    EXPECT_NE(moved.value(), begin.value());
    EXPECT_EQ(both_halves(*space)[moved.value().raw].host & 0x000f'ffff'ffff'f000, frame);
    EXPECT_EQ(both_halves(*space).count(begin.value().raw), 0u);
    EXPECT_EQ(space->check(), nullptr);
}

}  // namespace
