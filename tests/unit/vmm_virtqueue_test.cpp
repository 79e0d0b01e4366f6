// SPDX-License-Identifier: MIT
/// @file
/// @brief A virtqueue takes good chains and throws on every bad one.
/// @chapter testing
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>

#include "tests/unit/vmm_guest.h"
#include "tests/unit/vmm_queue.h"
#include "vmm/failure.h"

namespace vmm {
namespace {

constexpr std::uint64_t kRings = 0x200000;
constexpr std::uint64_t kBuffers = 0x300000;

class Queue : public testing::Test {
   protected:
    Queue() { queue_.enable(driver_.layout); }

    TestMemory memory_;
    TestDriver driver_{*memory_, kRings};
    Virtqueue queue_{*memory_};
};

TEST_F(Queue, IsEmptyAtFirst) { EXPECT_FALSE(queue_.take()); }

TEST_F(Queue, TakesChainsInOrderAndGivesThemBack) {
    driver_.describe(2, kBuffers, 10, TestDriver::kNext, 5);
    driver_.describe(5, kBuffers + 0x100, 20, TestDriver::kNext | TestDriver::kWrite, 1);
    driver_.describe(1, kBuffers + 0x200, 30, TestDriver::kWrite, 0);
    driver_.describe(3, kBuffers + 0x300, 0, 0, 0);
    driver_.publish(2);
    driver_.publish(3);
    const auto first = queue_.take();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->head, 2);
    EXPECT_EQ(first->readable.size(), 1U);
    ASSERT_EQ(first->writable.size(), 2U);
    EXPECT_EQ(first->writable[0].size + first->writable[1].size, 50U);
    const auto second = queue_.take();
    ASSERT_TRUE(second);
    ASSERT_EQ(second->readable.size(), 1U);
    EXPECT_EQ(second->readable[0].size, 0U) << "a buffer of no bytes is allowed";
    EXPECT_FALSE(queue_.take());
    queue_.give_back(2, 7);
    EXPECT_EQ(driver_.used_index(), 1U);
    EXPECT_EQ(driver_.used_head(0), 2U);
    EXPECT_EQ(driver_.used_size(0), 7U);
}

TEST_F(Queue, GoesRoundManyTimes) {
    driver_.describe(0, kBuffers, 1, 0, 0);
    for (int i = 0; i < 70000; ++i) {
        driver_.publish(0);
        ASSERT_TRUE(queue_.take());
        queue_.give_back(0, 0);
    }
    EXPECT_EQ(driver_.used_index(), static_cast<std::uint16_t>(70000));
}

TEST_F(Queue, HeedsTheFlags) {
    EXPECT_TRUE(queue_.wants_interrupt());
    driver_.set_flags(1);
    EXPECT_FALSE(queue_.wants_interrupt());
    queue_.ask_for_notifications(false);
    EXPECT_EQ(driver_.used_flags(), 1U);
    queue_.ask_for_notifications(true);
    EXPECT_EQ(driver_.used_flags(), 0U);
}

TEST_F(Queue, CopiesAcrossBuffers) {
    const std::vector<GuestBuffer> buffers{
        {GuestPhys(kBuffers), 3}, {GuestPhys(kBuffers + 0x100), 0}, {GuestPhys(kBuffers + 0x200), 3}};
    EXPECT_EQ(scatter(*memory_, buffers, bytes_of("abcdefgh")), 6U);
    const auto out = gather(*memory_, buffers, 6);
    ASSERT_EQ(out.size(), 6U);
    EXPECT_EQ(std::memcmp(out.data(), "abcdef", 6), 0);
    EXPECT_THROW((void)gather(*memory_, buffers, 5), GuestError);
}

TEST_F(Queue, RefusesChainsThatLoop) {
    driver_.describe(0, kBuffers, 1, TestDriver::kNext, 1);
    driver_.describe(1, kBuffers, 1, TestDriver::kNext, 0);
    driver_.publish(0);
    EXPECT_THROW(queue_.take(), GuestError);
}

TEST_F(Queue, TakesAChainAsLongAsTheQueue) {
    for (std::uint16_t i = 0; i < TestDriver::kSize; ++i) {
        const bool last = i + 1 == TestDriver::kSize;
        driver_.describe(i, kBuffers, 1, last ? 0 : TestDriver::kNext, static_cast<std::uint16_t>(i + 1));
    }
    driver_.publish(0);
    const auto chain = queue_.take();
    ASSERT_TRUE(chain);
    EXPECT_EQ(chain->readable.size(), TestDriver::kSize);
}

TEST_F(Queue, RefusesNumbersOutOfRange) {
    driver_.publish(TestDriver::kSize);
    EXPECT_THROW(queue_.take(), GuestError);
    queue_.enable(driver_.layout);
    memory_->store<std::uint16_t>(driver_.layout.available + 4, 0);
    driver_.describe(0, kBuffers, 1, 0, 0);
    driver_.set_index(TestDriver::kSize + 1);
    EXPECT_THROW(queue_.take(), GuestError) << "more chains than the queue holds";
    driver_.set_index(0xffff);
    EXPECT_THROW(queue_.take(), GuestError) << "the index went back";
    driver_.describe(0, kBuffers, 1, TestDriver::kNext, 0xffff);
    driver_.set_index(1);
    memory_->store<std::uint16_t>(driver_.layout.available + 4, 0);
    EXPECT_THROW(queue_.take(), GuestError);
}

TEST_F(Queue, RefusesBuffersThatAreNotMemory) {
    const std::pair<std::uint64_t, std::uint32_t> bad[] = {
        {0, 1}, {16 * kMiB - 1, 2}, {~0ULL, 1}, {~0ULL - 10, 0xffff}, {0xd0000000, 4}, {kBuffers, 0xffffffff}};
    for (const auto& [address, size] : bad) {
        queue_.enable(driver_.layout);
        driver_.set_index(1);
        memory_->store<std::uint16_t>(driver_.layout.available + 4, 0);
        driver_.describe(0, address, size, 0, 0);
        EXPECT_THROW(queue_.take(), GuestError) << std::hex << address << " " << size;
    }
}

TEST_F(Queue, RefusesWrongKindsAndOrder) {
    driver_.describe(0, kBuffers, 16, TestDriver::kIndirect, 0);
    driver_.publish(0);
    EXPECT_THROW(queue_.take(), GuestError);
    driver_.describe(0, kBuffers, 16, TestDriver::kWrite | TestDriver::kNext, 1);
    driver_.describe(1, kBuffers, 16, 0, 0);
    EXPECT_THROW(queue_.take(), GuestError) << "readable behind writable";
}

TEST_F(Queue, RefusesBadLayouts) {
    const auto refused = [&](auto change) {
        QueueLayout layout = driver_.layout;
        change(layout);
        EXPECT_THROW(queue_.enable(layout), GuestError);
    };
    refused([](QueueLayout& l) { l.size = 0; });
    refused([](QueueLayout& l) { l.size = 3; });
    refused([](QueueLayout& l) { l.size = 512; });
    refused([](QueueLayout& l) { l.size = 0x8000'0000; });
    refused([](QueueLayout& l) { l.descriptors = l.descriptors + 8; });
    refused([](QueueLayout& l) { l.available = l.available + 1; });
    refused([](QueueLayout& l) { l.used = l.used + 2; });
    refused([](QueueLayout& l) { l.descriptors = GuestPhys(0); });
    refused([](QueueLayout& l) { l.available = GuestPhys(16 * kMiB - 4); });
    refused([](QueueLayout& l) { l.used = GuestPhys(~0ULL - 3); });
}

// Whatever bytes the rings hold, a take ends with a chain, without one, or with GuestError; the sanitizers watch.
TEST_F(Queue, SurvivesRandomRings) {
    std::mt19937_64 random(3);
    for (int round = 0; round < 3000; ++round) {
        queue_.enable(driver_.layout);
        for (unsigned i = 0; i < TestDriver::kSize; ++i) {
            const std::uint64_t address = random() % 2 == 0 ? random() : kBuffers + random() % 0x1000;
            driver_.describe(i, address, static_cast<std::uint32_t>(random() % 0x2000),
                             static_cast<std::uint16_t>(random() % 4), static_cast<std::uint16_t>(random() % 10));
            memory_->store(driver_.layout.available + 4 + i * 2, static_cast<std::uint16_t>(random() % 9));
        }
        driver_.set_index(static_cast<std::uint16_t>(random() % 10));
        try {
            while (const auto chain = queue_.take()) {
                EXPECT_LE(chain->readable.size() + chain->writable.size(), TestDriver::kSize);
                queue_.give_back(chain->head, 0);
            }
        } catch (const GuestError&) {}
    }
}

}  // namespace
}  // namespace vmm
