// SPDX-License-Identifier: MIT
/// @file
/// @brief The stub's way to memory, and what it plants there and in the debug registers.
/// @chapter observability
#include "debug/stub_points.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>

#include "host_kernel.h"
#include "mm/page_tables.h"

namespace stub {
namespace {

class StubMemory : public testing::Test {
   protected:
    StubMemory() {
        host_kernel::reset_memory(16 * kMiB);
        memory.set_ram(ram);
        root = frames::allocate(kPairOrder, Fill::Zero).value();
        tables = std::make_unique<PageTables>(root);
        static_cast<void>(tables->map(kText, PageSize::Size4K, FrameRef::adopt(kTextFrame), {true, false, true}));
        static_cast<void>(tables->map(kText + kPageBytes, PageSize::Size4K, FrameRef::adopt(kDataFrame), {}));
        static_cast<void>(tables->map(kDevice, PageSize::Size4K, FrameRef::adopt(PhysAddr(0xfee0'0000)), {}));
        static_cast<void>(
            tables->map(kLarge, PageSize::Size2M, FrameRef::adopt(PhysAddr(4 * kMiB), PageSize::Size2M), {}));
    }
    u8& byte(PhysAddr at) { return *static_cast<u8*>(frames::virt_from_phys(at)); }

    static constexpr VirtAddr kText{0x40'0000}, kDevice{0x50'0000}, kLarge{0x8000'0000};
    static constexpr PhysAddr kTextFrame{8 * kMiB}, kDataFrame{9 * kMiB};
    const PhysRange ram[1] = {{PhysAddr(0), PhysAddr(16 * kMiB)}};
    Memory memory;
    PhysAddr root;
    std::unique_ptr<PageTables> tables;
};

TEST_F(StubMemory, WalksToRamAndNowhereElse) {
    EXPECT_EQ(memory.translate(root, kText + 5), kTextFrame + 5);
    EXPECT_EQ(memory.translate(root, kLarge + 0x12'3456), PhysAddr(4 * kMiB + 0x12'3456));
    for (const VirtAddr nowhere : {VirtAddr(0), kText - 1, kDevice, VirtAddr(1ULL << 47), VirtAddr(~0ULL)}) {
        EXPECT_EQ(memory.translate(root, nowhere), std::nullopt) << std::hex << nowhere.raw;
    }
    // Tables that are none: outside of RAM, and full of anything.
    EXPECT_EQ(memory.translate(PhysAddr(1ULL << 40), kText), std::nullopt);
    std::mt19937_64 random(4);
    for (u64 at = 0; at < kPageBytes; at += 8) {
        const u64 entry = random();
        std::memcpy(&byte(PhysAddr(12 * kMiB + at)), &entry, 8);
    }
    for (int round = 0; round < 10000; ++round) memory.translate(PhysAddr(12 * kMiB), VirtAddr(random() >> 17));
}

TEST_F(StubMemory, CopiesOverTheEndOfAPage) {
    const u8 written[4] = {1, 2, 3, 4};
    EXPECT_TRUE(memory.write(root, kText + kPageBytes - 2, written));
    EXPECT_EQ(byte(kTextFrame + kPageBytes - 1), 2);
    EXPECT_EQ(byte(kDataFrame), 3);
    u8 read[4] = {};
    EXPECT_TRUE(memory.read(root, kText + kPageBytes - 2, read));
    EXPECT_EQ(std::memcmp(read, written, 4), 0);
    EXPECT_FALSE(memory.read(root, kText + 2 * kPageBytes - 2, read));
    EXPECT_FALSE(memory.read(PhysAddr(16 * kMiB - 2), read));
    EXPECT_FALSE(memory.read(PhysAddr(~0ULL), read));
}

constinit bool root_is_alive = true;

TEST_F(StubMemory, HasBreakpointsOnlyWhileTheMachineRuns) {
    const auto alive = [](PhysAddr) { return root_is_alive; };
    byte(kTextFrame + 7) = 0x55;
    SoftwarePoints points;
    EXPECT_FALSE(points.add(memory, root, kDevice));
    ASSERT_TRUE(points.add(memory, root, kText + 7));
    EXPECT_EQ(byte(kTextFrame + 7), 0x55);
    points.plant(memory, alive);
    EXPECT_EQ(byte(kTextFrame + 7), 0xcc);
    points.lift();
    EXPECT_EQ(byte(kTextFrame + 7), 0x55);
    EXPECT_TRUE(points.has(kTextFrame + 7));
    EXPECT_FALSE(points.has(kTextFrame + 8));
    // Whatever has taken the place of the breakpoint meanwhile stays.
    points.plant(memory, alive);
    byte(kTextFrame + 7) = 0x11;
    points.lift();
    EXPECT_EQ(byte(kTextFrame + 7), 0x11);
    // A process that has ended: its tables may be anything by now.
    root_is_alive = false;
    points.plant(memory, alive);
    EXPECT_EQ(byte(kTextFrame + 7), 0x11);
    root_is_alive = true;
    EXPECT_TRUE(points.remove(kText + 7));
    EXPECT_FALSE(points.remove(kText + 7));
    points.plant(memory, alive);
    EXPECT_EQ(byte(kTextFrame + 7), 0x11);
}

TEST(StubHardwarePoints, SplitIntoAlignedPieces) {
    HardwarePoints points;
    const Point watch{PointKind::Write, VirtAddr(0x1003), 14};  // 1 + 4 + 8 + 1
    ASSERT_TRUE(points.add(watch));
    const DebugRegisters registers = points.registers();
    EXPECT_EQ(registers.address[0], VirtAddr(0x1003));
    EXPECT_EQ(registers.address[1], VirtAddr(0x1004));
    EXPECT_EQ(registers.address[2], VirtAddr(0x1008));
    EXPECT_EQ(registers.address[3], VirtAddr(0x1010));
    EXPECT_EQ(registers.control.raw(), 0x19d1'04aaULL) << std::hex << registers.control.raw();
    EXPECT_FALSE(points.add({PointKind::Hardware, VirtAddr(0x2000), 1}));
    EXPECT_EQ(points.hit(1 << 2), watch);
    EXPECT_EQ(points.hit(0), std::nullopt);
    EXPECT_FALSE(points.remove({PointKind::Access, VirtAddr(0x1003), 14}));
    EXPECT_TRUE(points.remove(watch));
    EXPECT_FALSE(points.registers().control.any());
    EXPECT_FALSE(points.add({PointKind::Write, VirtAddr(0x1001), 40}));
    EXPECT_FALSE(points.registers().control.any());
    ASSERT_TRUE(points.add({PointKind::Hardware, VirtAddr(0x2001), 1}));
    EXPECT_EQ(points.registers().control.raw(), 0x402ULL);
}

}  // namespace
}  // namespace stub
