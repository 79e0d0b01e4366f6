// SPDX-License-Identifier: MIT
/// @file
/// @brief Guest memory lets nothing through that is outside, whatever the numbers.
/// @chapter testing
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "tests/unit/vmm_guest.h"
#include "vmm/failure.h"

namespace vmm {
namespace {

constexpr std::uint64_t kTop = 16 * kMiB;

TEST(GuestMemory, KnowsItsOwnBytesAndNoOthers) {
    const TestMemory memory(kTop);
    EXPECT_FALSE(memory->contains(GuestPhys(0), 1));
    EXPECT_TRUE(memory->contains(GuestPhys(0x1000), 0x9f000));
    EXPECT_FALSE(memory->contains(GuestPhys(0x1000), 0x9f001));
    EXPECT_FALSE(memory->contains(GuestPhys(0xa0000), 1));
    EXPECT_TRUE(memory->contains(GuestPhys(0xc0000), kTop - 0xc0000));
    EXPECT_TRUE(memory->contains(GuestPhys(kTop - 1), 1));
    EXPECT_FALSE(memory->contains(GuestPhys(kTop - 1), 2));
    EXPECT_FALSE(memory->contains(GuestPhys(kTop), 1));
}

TEST(GuestMemory, IsNotFooledByNumbersThatWrap) {
    const TestMemory memory(kTop);
    EXPECT_FALSE(memory->contains(GuestPhys(0x1000), ~0ULL));
    EXPECT_FALSE(memory->contains(GuestPhys(~0ULL), 2));
    EXPECT_FALSE(memory->contains(GuestPhys(~0ULL), ~0ULL));
    EXPECT_FALSE(memory->contains(GuestPhys(0x100000), 0ULL - 0x40000)) << "offset in the range and size add up to 0";
    EXPECT_TRUE(memory->contains(GuestPhys(~0ULL), 0));
}

TEST(GuestMemory, CopiesBothWays) {
    const TestMemory memory(kTop);
    memory->store<std::uint64_t>(GuestPhys(0x2003), 0x1122334455667788);
    EXPECT_EQ(memory->load<std::uint64_t>(GuestPhys(0x2003)), 0x1122334455667788U);
    EXPECT_EQ(memory->load<std::uint16_t>(GuestPhys(0x2004)), 0x6677U);
}

TEST(GuestMemory, RefusesAccessesThatLeaveItAndTouchesNothing) {
    const TestMemory memory(kTop);
    memory->store<std::uint32_t>(GuestPhys(kTop - 4), 7);
    EXPECT_THROW(memory->store<std::uint64_t>(GuestPhys(kTop - 4), ~0ULL), GuestError);
    EXPECT_EQ(memory->load<std::uint32_t>(GuestPhys(kTop - 4)), 7U);
    EXPECT_THROW((void)memory->load<std::uint8_t>(GuestPhys(0)), GuestError);
    EXPECT_THROW(memory->store<std::uint16_t>(GuestPhys(0x9ffff), 7), GuestError);
}

TEST(GuestMemory, WantsRingIndexesToBeEven) {
    const TestMemory memory(kTop);
    memory->store_release(GuestPhys(0x3002), 0xabcd);
    EXPECT_EQ(memory->load_acquire(GuestPhys(0x3002)), 0xabcd);
    EXPECT_THROW((void)memory->load_acquire(GuestPhys(0x3001)), GuestError);
    EXPECT_THROW(memory->store_release(GuestPhys(kTop), 0), GuestError);
}

TEST(GuestMemory, ReadsFilesOnlyWhole) {
    const TestMemory memory(kTop);
    std::FILE* file = std::tmpfile();
    std::fputs("hello", file);
    std::fflush(file);
    EXPECT_TRUE(memory->read_file(GuestPhys(0x4000), ::fileno(file), 1, 4));
    EXPECT_EQ(memory->load<std::uint32_t>(GuestPhys(0x4000)), 0x6f6c6c65U);  // "ello"
    EXPECT_FALSE(memory->read_file(GuestPhys(0x4000), ::fileno(file), 1, 5));
    EXPECT_THROW((void)memory->read_file(GuestPhys(kTop - 1), ::fileno(file), 0, 2), GuestError);
    std::fclose(file);
}

TEST(MemoryMap, LeavesTheDeviceHoleFree) {
    const auto extents = backed_extents(5 * kGiB);
    ASSERT_EQ(extents.size(), 3U);
    EXPECT_EQ(extents[1].end, GuestPhys(3 * kGiB));
    EXPECT_EQ(extents[2].start, GuestPhys(4 * kGiB));
    EXPECT_EQ(extents[2].end, GuestPhys(6 * kGiB));
    std::uint64_t told = 0;
    for (const Extent& extent : usable_extents(5 * kGiB)) told += extent.size();
    EXPECT_EQ(told, 5 * kGiB - 0x1000 - (0x100000 - 0x9fc00));
    EXPECT_EQ(backed_extents(3 * kGiB).size(), 2U);
}

// The sanitizers leave the first GiB of the address space alone, so the real mapping can be tried too.
TEST(GuestRam, PutsGuestMemoryAtItsOwnAddresses) {
    const GuestRam ram(32 * kMiB);
    ram.memory().store<std::uint64_t>(GuestPhys(0x1234568), 42);
    EXPECT_EQ(*reinterpret_cast<volatile std::uint64_t*>(0x1234568), 42U);
    EXPECT_FALSE(ram.memory().contains(GuestPhys(32 * kMiB), 1));
}

}  // namespace
}  // namespace vmm
