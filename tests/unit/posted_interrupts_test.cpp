// SPDX-License-Identifier: MIT
/// @file
/// @brief The posted-interrupt descriptor: its layout, who notifies, and that nothing is overlooked among threads.
/// @chapter testing
#include "x86/posted_interrupts.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <semaphore>
#include <thread>
#include <vector>

namespace {

TEST(PostedInterrupts, HaveTheManualsLayout) {
    PostedInterrupts posted{};
    EXPECT_TRUE(posted.post(0x41));
    EXPECT_TRUE(posted.any());
    unsigned char bytes[64];
    std::memcpy(bytes, static_cast<const void*>(&posted), sizeof(bytes));
    for (unsigned bit = 0; bit < 512; ++bit)
        EXPECT_EQ(bytes[bit / 8] >> bit % 8 & 1, bit == 0x41 || bit == 256) << "bit " << bit;
    EXPECT_EQ(alignof(PostedInterrupts), 64u);
}

TEST(PostedInterrupts, TheFirstOneNotifies) {
    PostedInterrupts posted{};
    EXPECT_TRUE(posted.post(0x41));
    EXPECT_FALSE(posted.post(0x41));
    EXPECT_FALSE(posted.post(0xff)) << "somebody looks already";
    std::vector<std::pair<unsigned, u32>> taken;
    posted.take_all([&](unsigned word, u32 bits) { taken.emplace_back(word, bits); });
    EXPECT_EQ(taken, (std::vector<std::pair<unsigned, u32>>{{2, 2}, {7, 0x8000'0000}}));
    EXPECT_FALSE(posted.any());
    posted.take_all([&](unsigned, u32) { ADD_FAILURE() << "they were taken"; });
    EXPECT_TRUE(posted.post(0x41)) << "and so the next one notifies again";
}

/// What is posted between the two steps of a look is taken by it, or notifies.
TEST(PostedInterrupts, OneThatComesDuringTheLookIsNotLost) {
    PostedInterrupts posted{};
    posted.post(0x20);
    bool notified = false;
    unsigned seen = 0;
    posted.take_all([&](unsigned word, u32) {
        seen |= 1U << word;
        if (word == 1) notified = posted.post(0x10), posted.post(0x80);
    });
    EXPECT_TRUE(notified);
    EXPECT_EQ(seen & (1U << 4), 1U << 4) << "a later word was still to be looked at";
    posted.take_all([&](unsigned word, u32 bits) { EXPECT_TRUE(word == 0 && bits == 1U << 0x10); });
}

/// The taker sleeps until it is notified, as a processor in its guest does; each poster waits until its vector was taken before it
/// posts the next. A lost notification leaves both waiting for ever.
TEST(PostedInterrupts, NobodyWaitsForEver) {
    constexpr unsigned kPosters = 3, kRounds = 20'000;
    PostedInterrupts posted{};
    std::counting_semaphore<> notified{0};
    std::atomic<unsigned> taken[kPosters] = {};
    std::atomic<bool> failed = false, done = false;
    std::thread taker([&] {
        for (;;) {
            notified.acquire();
            if (done) return;
            posted.take_all([&](unsigned word, u32 bits) {
                for (unsigned poster = 0; poster < kPosters; ++poster) {
                    if (word == 2 * poster && (bits & 2)) ++taken[poster];
                }
            });
        }
    });
    std::vector<std::thread> posters;
    for (unsigned poster = 0; poster < kPosters; ++poster) {
        posters.emplace_back([&, poster] {
            for (unsigned round = 1; round <= kRounds && !failed; ++round) {
                if (posted.post(static_cast<u8>(64 * poster + 1))) notified.release();
                const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
                while (taken[poster] < round && !failed) {
                    std::this_thread::yield();
                    if (std::chrono::steady_clock::now() > limit) failed = true;
                }
            }
        });
    }
    for (std::thread& thread : posters) thread.join();
    done = true;
    notified.release();
    taker.join();
    EXPECT_FALSE(failed) << "a vector was posted, and nobody looked";
    for (const auto& count : taken) EXPECT_EQ(count, kRounds) << "each once";
}

}  // namespace
