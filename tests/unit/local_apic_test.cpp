// SPDX-License-Identifier: MIT
/// @file
/// @brief The virtual-APIC page register by register: what may be read and written, priorities, and interrupts in order.
/// @chapter testing
#include "virt/local_apic.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/programs/ringvtest/apic_vectors.h"

namespace {

using Kind = ApicEffect::Kind;

struct LocalApicTest : testing::Test {
    ApicPage page{};
    LocalApic apic{page, 0x23};

    void enable() { ASSERT_EQ(apic.write(0x80f, 0x1ff).kind, Kind::None); }
    void post(unsigned vector, abi::Trigger trigger = abi::Trigger::Edge) {
        apic.post(static_cast<u8>(vector), trigger);
        apic.take_posted();
    }
};

TEST_F(LocalApicTest, EveryRegisterReadsAndWritesAsTheManualSays) {
    LocalApic zero(page, 0);
    zero.write(0x80f, 0x1ff);
    for (u32 msr = 0x800; msr <= 0x83f; ++msr) {
        SCOPED_TRACE(testing::Message() << "MSR 0x" << std::hex << msr);
        if (msr == apic_vectors::kIcr) continue;  // ICR has tests of its own
        const auto* known = apic_vectors::find(msr);
        const auto value = zero.read(msr);
        EXPECT_EQ(value.has_value(), known != nullptr);
        if (!known) {
            EXPECT_EQ(zero.write(msr, msr == apic_vectors::kSelfIpi ? 0x100 : 1).kind, Kind::Refused);
            continue;
        }
        if (msr == apic_vectors::kSvr) continue;
        EXPECT_EQ(*value, known->reset);
        for (unsigned bit = 0; bit < 64; ++bit) {
            const u64 mask = 1ULL << bit;
            const bool taken = zero.write(msr, mask).kind != Kind::Refused;
            EXPECT_EQ(taken, (known->writable & mask) != 0) << "bit " << bit;
            if (taken) { EXPECT_EQ(*zero.read(msr), mask); }
        }
        if (msr == apic_vectors::kTpr) zero.write(msr, 0);  // or PPR would show it
    }
}

TEST_F(LocalApicTest, DisabledItDeliversNothingAndKeepsLvtsMasked) {
    post(0x50);
    EXPECT_FALSE(apic.deliverable());
    apic.write(0x832, 0x40);
    EXPECT_EQ(*apic.read(0x832), 0x10040u);
    enable();
    EXPECT_EQ(apic.deliverable(), 0x50);
    apic.write(0x832, 0x40);
    EXPECT_EQ(*apic.read(0x832), 0x40u);
    apic.write(0x80f, 0xff);
    EXPECT_EQ(*apic.read(0x832), 0x10040u);
}

TEST_F(LocalApicTest, PrioritiesHoldInterruptsBack) {
    enable();
    post(0x51);
    apic.write(0x808, 0x50);
    EXPECT_FALSE(apic.deliverable());
    EXPECT_EQ(*apic.read(0x80a), 0x50u);
    apic.write(0x808, 0x4f);
    EXPECT_EQ(apic.deliverable(), 0x51);
    apic.accept(0x51);
    EXPECT_EQ(*apic.read(0x80a), 0x50u) << "a vector in service raises PPR to its class";
    post(0x5f);
    EXPECT_FALSE(apic.deliverable()) << "the same class waits";
    post(0x60);
    EXPECT_EQ(apic.deliverable(), 0x60);
    apic.accept(0x60);
    EXPECT_EQ(apic.write(0x80b, 0).kind, Kind::None);
    EXPECT_FALSE(apic.deliverable()) << "0x51 is still in service";
    apic.write(0x80b, 0);
    EXPECT_EQ(apic.deliverable(), 0x5f);
}

TEST_F(LocalApicTest, LevelInterruptsReportTheirEnd) {
    enable();
    post(0x70, abi::Trigger::Level);
    apic.accept(0x70);
    const ApicEffect end = apic.write(0x80b, 0);
    EXPECT_EQ(end.kind, Kind::LevelEoi);
    EXPECT_EQ(end.vector, 0x70);
    post(0x70);  // the same vector, edge this time
    apic.accept(0x70);
    EXPECT_EQ(apic.write(0x80b, 0).kind, Kind::None);
    EXPECT_EQ(apic.write(0x80b, 0).kind, Kind::None) << "an EOI with nothing in service is nothing";
    EXPECT_EQ(apic.write(0x80b, 1).kind, Kind::Refused);
}

TEST_F(LocalApicTest, UnacceptPutsAnInterruptBack) {
    enable();
    post(0x88);
    apic.accept(0x88);
    EXPECT_FALSE(apic.deliverable());
    apic.unaccept(0x88);
    EXPECT_EQ(apic.deliverable(), 0x88);
}

TEST_F(LocalApicTest, InterprocessorInterruptsGoOut) {
    enable();
    const ApicEffect self = apic.write(0x83f, 0x61);
    EXPECT_EQ(self.kind, Kind::SendIpi);
    EXPECT_EQ(self.command, 0x4'0061u) << "as ICR with the shorthand self";
    EXPECT_EQ(apic.write(0x830, 0x4'0062).kind, Kind::SendIpi);
    const ApicEffect fixed = apic.write(0x830, 0x5'0000'0063);
    EXPECT_EQ(fixed.kind, Kind::SendIpi);
    EXPECT_EQ(ApicCommand(fixed.command).destination(), 5u);
    EXPECT_EQ(*apic.read(0x830), 0x5'0000'0063u);
    const ApicEffect init = apic.write(0x830, 0x1'0000'4500);
    EXPECT_EQ(init.kind, Kind::SendIpi);
    EXPECT_EQ(ApicCommand(init.command).delivery(), DeliveryMode::Init);
    EXPECT_EQ(apic.write(0x830, 0x10'0000).kind, Kind::Refused) << "a reserved bit";
    EXPECT_FALSE(apic.read(0x83f));
}

TEST_F(LocalApicTest, DestinationsMatch) {
    const auto matches = [&](u64 icr) { return apic.matches(ApicCommand(icr)); };
    EXPECT_TRUE(matches(0x23ULL << 32));
    EXPECT_FALSE(matches(0x24ULL << 32));
    EXPECT_TRUE(matches(0xffff'ffffULL << 32));
    constexpr u64 kLogical = 1 << 11;
    EXPECT_TRUE(matches(0x2'0008ULL << 32 | kLogical));
    EXPECT_TRUE(matches(0x2'ffffULL << 32 | kLogical));
    EXPECT_FALSE(matches(0x2'0010ULL << 32 | kLogical));
    EXPECT_FALSE(matches(0x3'0008ULL << 32 | kLogical));
}

TEST_F(LocalApicTest, IllegalVectorsAreErrors) {
    enable();
    apic.write(0x837, 0xfe);
    apic.write(0x830, 0x4'0005);
    post(3);
    EXPECT_EQ(*apic.read(0x828), 0u) << "errors show after a write";
    EXPECT_EQ(apic.write(0x828, 0).kind, Kind::None);
    EXPECT_EQ(*apic.read(0x828), 0x60u);
    apic.take_posted();
    EXPECT_EQ(apic.deliverable(), 0xfe) << "and raise the error interrupt";
    apic.write(0x828, 0);
    EXPECT_EQ(*apic.read(0x828), 0u);
}

TEST_F(LocalApicTest, TheTimerDividesAsTheManualSays) {
    const std::pair<u32, unsigned> table[] = {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {8, 5}, {9, 6}, {10, 7}, {11, 0}};
    for (const auto& [value, shift] : table) {
        EXPECT_EQ(apic.write(0x83e, value).kind, Kind::None);
        EXPECT_EQ(timer_divide_shift(page.at(ApicRegister::TimerDivide)), shift) << value;
    }
}

/// Against a model that is a set of vectors: whatever is posted, accepted and ended, the highest class wins.
TEST_F(LocalApicTest, RandomInterruptsFollowTheModel) {
    enable();
    std::mt19937 random(1);
    std::set<unsigned> requested;
    std::vector<unsigned> in_service;
    for (int step = 0; step < 20000; ++step) {
        const auto vector = static_cast<unsigned>(16 + random() % 240);
        switch (random() % 3) {
        case 0:
            post(vector);
            requested.insert(vector);
            break;
        case 1: {
            const bool expected =
                !requested.empty() && (in_service.empty() || *requested.rbegin() / 16 > in_service.back() / 16);
            const auto next = apic.deliverable();
            ASSERT_EQ(next.has_value(), expected);
            if (!next) break;
            ASSERT_EQ(*next, *requested.rbegin());
            apic.accept(*next);
            requested.erase(*next);
            in_service.push_back(*next);
            break;
        }
        default:
            apic.write(0x80b, 0);
            if (!in_service.empty()) in_service.pop_back();
        }
    }
}

}  // namespace
