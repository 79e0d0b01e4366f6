// SPDX-License-Identifier: MIT
/// @file
/// @brief The I/O APIC: registers, edges, levels, ends of interrupts.
/// @chapter testing
#include <gtest/gtest.h>

#include "tests/unit/vmm_guest.h"

namespace vmm {
namespace {

constexpr std::uint32_t kMasked = 1 << 16;
constexpr std::uint32_t kLevel = 1 << 15;
constexpr std::uint32_t kRemoteIrr = 1 << 14;
constexpr std::uint32_t kLogical = 1 << 11;

TEST(IoApic, TellsVersionAndPins) {
    TestInterrupts interrupts;
    EXPECT_EQ(interrupts.read_register(1), 0x00170020U);
    interrupts.write_register(0, 0xffffffff);
    EXPECT_EQ(interrupts.read_register(0), 0x0f000000U);
    EXPECT_EQ(interrupts.read_register(0x40), ~0U);  // behind the last entry
    EXPECT_EQ(interrupts.chip.read(0x20, 4), ~0ULL);
}

TEST(IoApic, StartsMasked) {
    TestInterrupts interrupts;
    for (unsigned pin = 0; pin < IoApic::kPins; ++pin) {
        EXPECT_EQ(interrupts.read_register(0x10 + 2 * pin), kMasked);
        interrupts.chip.set_line(pin, true);
    }
    EXPECT_TRUE(interrupts.sent.empty());
}

TEST(IoApic, KeepsReadOnlyBits) {
    TestInterrupts interrupts;
    interrupts.write_register(0x10, 0xffffffff);
    EXPECT_EQ(interrupts.read_register(0x10), 0x0001afffU);
    interrupts.write_register(0x11, 0x12345678);
    EXPECT_EQ(interrupts.read_register(0x11), 0x12345678U);
}

TEST(IoApic, SendsAnEdgeOnce) {
    TestInterrupts interrupts;
    interrupts.write_register(0x10 + 2 * 4 + 1, 0x03000000);
    interrupts.write_register(0x10 + 2 * 4, 0x31);
    interrupts.chip.set_line(4, true);
    interrupts.chip.set_line(4, true);
    ASSERT_EQ(interrupts.sent.size(), 1U);
    EXPECT_EQ(interrupts.sent[0], (InterruptMessage{3, false, false, 0x31, abi::Trigger::Edge}));
    interrupts.chip.set_line(4, false);
    interrupts.chip.set_line(4, true);
    EXPECT_EQ(interrupts.sent.size(), 2U);
}

TEST(IoApic, HoldsALevelUntilItIsAnswered) {
    TestInterrupts interrupts;
    interrupts.program(10, kLevel | 0x55);
    interrupts.chip.set_line(10, true);
    EXPECT_EQ(interrupts.sent.size(), 1U);
    EXPECT_EQ(interrupts.sent[0].trigger, abi::Trigger::Level);
    EXPECT_NE(interrupts.read_register(0x10 + 20) & kRemoteIrr, 0U);
    interrupts.chip.set_line(10, false);
    interrupts.chip.set_line(10, true);
    EXPECT_EQ(interrupts.sent.size(), 1U) << "the first one is not answered yet";
    interrupts.chip.end_of_interrupt(0x54);
    EXPECT_EQ(interrupts.sent.size(), 1U) << "another vector's end";
    interrupts.chip.end_of_interrupt(0x55);
    EXPECT_EQ(interrupts.sent.size(), 2U) << "the line is still high";
    interrupts.chip.set_line(10, false);
    interrupts.chip.write(0x40, 4, 0x55);  // the chip's own EOI register
    EXPECT_EQ(interrupts.sent.size(), 2U);
    EXPECT_EQ(interrupts.read_register(0x10 + 20) & kRemoteIrr, 0U);
}

TEST(IoApic, SendsAPendingLevelWhenUnmasked) {
    TestInterrupts interrupts;
    interrupts.program(10, kMasked | kLevel | 0x55);
    interrupts.chip.set_line(10, true);
    EXPECT_TRUE(interrupts.sent.empty());
    interrupts.program(10, kLevel | 0x55);
    EXPECT_EQ(interrupts.sent.size(), 1U);
}

/// One edge on pin 1.
void pulse(IoApic& chip) {
    chip.set_line(1, true);
    chip.set_line(1, false);
}

TEST(IoApic, PassesLogicalDestinationsOn) {
    TestInterrupts interrupts;
    interrupts.program(1, kLogical | 0x100 | 0x40);  // lowest priority
    pulse(interrupts.chip);
    ASSERT_EQ(interrupts.sent.size(), 1U);
    EXPECT_TRUE(interrupts.sent[0].logical);
    EXPECT_TRUE(interrupts.sent[0].lowest_priority);
}

TEST(IoApic, SendsNoOtherKindsAndNoLowVectors) {
    TestInterrupts interrupts;
    for (const std::uint32_t low : {0x200U | 0x40, 0x400U | 0x40, 0x500U | 0x40, 0x700U | 0x40, 0x0fU}) {
        interrupts.program(1, low);
        pulse(interrupts.chip);
    }
    EXPECT_TRUE(interrupts.sent.empty());
}

TEST(IoApic, KnowsWhenADriverHasShutItDown) {
    TestInterrupts interrupts;
    EXPECT_FALSE(interrupts.chip.shut_down()) << "nobody has used it";
    interrupts.program(1, 0x40);
    EXPECT_FALSE(interrupts.chip.shut_down());
    interrupts.program(1, kMasked);
    EXPECT_TRUE(interrupts.chip.shut_down());
}

}  // namespace
}  // namespace vmm
