// SPDX-License-Identifier: MIT
/// @file
/// @brief The buddy allocator against a model that remembers every block.
/// @chapter testing
#include "mm/buddy.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace {

constexpr u64 kFrames = 4096 + 37;  // not a power of two: the last block of each order is cut short

class BuddyTest : public testing::Test {
   protected:
    BuddyTest() : records_(kFrames) { buddy_.init(records_); }
    std::vector<FrameRecord> records_;
    BuddyAllocator buddy_;
};

TEST_F(BuddyTest, OrderOneIsAlignedForAPair) {
    buddy_.release(1, kFrames);
    for (int i = 0; i < 100; ++i) {
        const auto block = buddy_.allocate(1);
        ASSERT_TRUE(block);
        EXPECT_EQ(*block % 2, 0u);
    }
}

TEST_F(BuddyTest, EverythingMergesAgain) {
    buddy_.release(0, 4096);
    std::vector<u64> blocks;
    while (const auto block = buddy_.allocate(0)) blocks.push_back(*block);
    EXPECT_EQ(blocks.size(), 4096u);
    EXPECT_EQ(buddy_.free_frames(), 0u);
    for (const u64 block : blocks) buddy_.free(block, 0);
    const auto whole = buddy_.allocate(12);
    ASSERT_TRUE(whole) << "4096 single frames did not become one block of order 12";
    EXPECT_EQ(*whole, 0u);
}

TEST_F(BuddyTest, RandomUseNeverOverlapsAndNeverLoses) {
    constexpr unsigned kSeed = 20151015;
    SCOPED_TRACE(testing::Message() << "seed " << kSeed);
    std::mt19937_64 random(kSeed);
    buddy_.release(3, kFrames);
    const u64 all = kFrames - 3;
    std::map<u64, unsigned> held;  // block -> order
    std::vector<bool> used(kFrames);
    u64 used_frames = 0;
    for (int step = 0; step < 20000; ++step) {
        if (random() % 2 || held.empty()) {
            const auto order = static_cast<unsigned>(random() % 7);
            const auto block = buddy_.allocate(order);
            if (!block) continue;
            ASSERT_EQ(*block % (1ULL << order), 0u);
            for (u64 f = *block; f < *block + (1ULL << order); ++f) {
                ASSERT_TRUE(f >= 3 && f < kFrames && !used[f]) << "frame " << f << " at step " << step;
                used[f] = true;
            }
            used_frames += 1ULL << order;
            held[*block] = order;
        } else {
            auto victim = std::next(held.begin(), static_cast<long>(random() % held.size()));
            for (u64 f = victim->first; f < victim->first + (1ULL << victim->second); ++f) used[f] = false;
            used_frames -= 1ULL << victim->second;
            buddy_.free(victim->first, victim->second);
            held.erase(victim);
        }
        ASSERT_EQ(buddy_.free_frames() + used_frames, all);
    }
}

}  // namespace
