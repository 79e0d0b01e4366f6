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
    explicit LocalApicTest(u32 id = 0x23) : apic(page, id) {}
    ApicPage page{};
    LocalApic apic;

    ApicEffect write(u32 msr, u64 value) { return apic.write(apic_register_from_msr(msr), value, ApicWay::Msr); }
    ApicEffect store(u32 offset, u32 value) {
        return apic.write(ApicRegister{static_cast<u16>(offset)}, value, ApicWay::Memory);
    }
    std::optional<u64> read(u32 msr) {
        apic.refresh(0);
        return apic.read(msr);
    }
    u32 load(u32 offset) {
        apic.refresh(0);
        return page.at(ApicRegister{static_cast<u16>(offset)});
    }
    void use_xapic() {
        const u64 off = apic.base().raw() & ~0xc00ULL;
        ASSERT_TRUE(apic.set_base(ApicBase(off)));
        ASSERT_TRUE(apic.set_base(ApicBase(off | 0x800)));
    }
    void enable() { ASSERT_EQ(write(0x80f, 0x1ff).kind, Kind::None); }
    void post(unsigned vector, abi::Trigger trigger = abi::Trigger::Edge) {
        apic.post(static_cast<u8>(vector), trigger);
        apic.take_posted();
    }
};

struct FirstLocalApic : LocalApicTest {
    FirstLocalApic() : LocalApicTest(0) {}
};

TEST_F(FirstLocalApic, EveryRegisterReadsAndWritesAsTheManualSays) {
    enable();
    for (u32 msr = 0x800; msr <= 0x83f; ++msr) {
        SCOPED_TRACE(testing::Message() << "MSR 0x" << std::hex << msr);
        if (msr == apic_vectors::kIcr) continue;  // ICR has tests of its own
        const auto* known = apic_vectors::find(msr);
        const auto value = read(msr);
        EXPECT_EQ(value.has_value(), known != nullptr);
        if (!known) {
            EXPECT_EQ(write(msr, msr == apic_vectors::kSelfIpi ? 0x100 : 1).kind, Kind::Refused);
            continue;
        }
        if (msr == apic_vectors::kSvr) continue;
        EXPECT_EQ(*value, known->reset);
        for (unsigned bit = 0; bit < 64; ++bit) {
            const u64 mask = 1ULL << bit;
            const bool taken = write(msr, mask).kind != Kind::Refused;
            EXPECT_EQ(taken, ((known->writable | known->ignored) & mask) != 0) << "bit " << bit;
            if (taken) { EXPECT_EQ(*read(msr), mask & known->writable); }
        }
        if (msr == apic_vectors::kTpr) write(msr, 0);  // or PPR would show it
    }
}

TEST_F(FirstLocalApic, EveryPlaceInMemoryTakesWhatItMay) {
    use_xapic();
    store(0x0f0, 0x1ff);
    for (u32 offset = 0; offset < 0x1000; offset += 16) {
        SCOPED_TRACE(testing::Message() << "offset 0x" << std::hex << offset);
        const auto place = apic_vectors::place_at(offset);
        if (offset == 0x0f0 || offset == apic_vectors::kIcrPlace || offset == 0x0b0) continue;
        if (offset < 0x400) { EXPECT_EQ(load(offset), place.reset); }
        for (unsigned bit = 0; bit < 32; ++bit) {
            const u32 mask = 1U << bit;
            store(offset, mask);
            if (offset < 0x400) { EXPECT_EQ(load(offset), (place.reset & ~place.writable) | (mask & place.writable)); }
        }
        if (offset == 0x080) store(offset, 0);
    }
    EXPECT_EQ(read(0x802), std::nullopt) << "there are no MSRs in xAPIC mode";
    EXPECT_EQ(write(0x808, 0).kind, Kind::Refused);
}

TEST_F(FirstLocalApic, ModesFollowEachOtherAsTheManualSays) {
    for (const auto& [from, to, allowed] : apic_vectors::kTransitions) {
        SCOPED_TRACE(testing::Message() << std::hex << from << " -> " << to);
        ASSERT_EQ(apic.base().raw(), from);
        EXPECT_EQ(apic.set_base(ApicBase(to)), allowed);
        EXPECT_EQ(apic.base().raw(), allowed ? to : from);
    }
}

TEST_F(LocalApicTest, ModesHaveTheirOwnIdentifiersAndOffForgets) {
    EXPECT_EQ(*read(0x802), 0x23u);
    write(0x80f, 0x1ff);
    write(0x808, 0x40);
    ASSERT_TRUE(apic.set_base(ApicBase(0xfee0'0000)));
    EXPECT_EQ(store(0x080, 0x10).kind, Kind::Refused) << "off";
    EXPECT_EQ(read(0x802), std::nullopt) << "off";
    post(0x50);
    EXPECT_FALSE(apic.deliverable());
    ASSERT_TRUE(apic.set_base(ApicBase(0xfee0'0800)));
    EXPECT_EQ(load(0x020), 0x23000000u);
    EXPECT_EQ(load(0x080), 0u);
    store(0x0d0, 0x04000000);
    store(0x080, 0x30);
    ASSERT_TRUE(apic.set_base(ApicBase(0xfee0'0800))) << "the same again";
    EXPECT_EQ(load(0x0d0), 0x04000000u);
    apic.reset();  // INIT
    EXPECT_TRUE(apic.is(ApicBase::Mode::XApic));
    EXPECT_EQ(load(0x0d0), 0u);
    store(0x080, 0x30);
    ASSERT_TRUE(apic.set_base(ApicBase(0xfee0'0c00)));
    EXPECT_EQ(*read(0x802), 0x23u);
    EXPECT_EQ(*read(0x80d), 0x2'0008u);
    EXPECT_EQ(*read(0x808), 0x30u) << "x2APIC mode takes over what xAPIC mode had";
}

TEST_F(LocalApicTest, CommandsInMemoryHaveTwoHalves) {
    use_xapic();
    store(0x0f0, 0x1ff);
    EXPECT_EQ(store(0x310, 0x05000000).kind, Kind::None);
    const ApicEffect fixed = store(0x300, 0x51063);
    EXPECT_EQ(fixed.kind, Kind::SendIpi);
    EXPECT_EQ(fixed.value, 0x5'0004'0063u) << "the reserved bit 16 and the delivery status are not taken";
    EXPECT_EQ(load(0x300), 0x40063u);
    EXPECT_EQ(load(0x310), 0x05000000u);
    store(0x310, 0xff000000);
    EXPECT_EQ(store(0x300, 0x4500).value, 0xffff'ffff'0000'4500u) << "everybody";
    EXPECT_EQ(store(0x300, 0x5).kind, Kind::None) << "an illegal vector is an error";
    store(0x280, 0);
    EXPECT_EQ(load(0x280), 0x20u);
    post(0x70, abi::Trigger::Level);
    apic.accept(0x70);
    EXPECT_EQ(load(0x0a0), 0x70u);
    const ApicEffect end = store(0x0b0, 0xdead);
    EXPECT_EQ(end.kind, Kind::LevelEoi) << "any value ends it";
    EXPECT_EQ(end.value, 0x70u);
    EXPECT_EQ(load(0x0a0), 0u);
}

TEST_F(LocalApicTest, LogicalDestinationsOfEightBitsMatch) {
    use_xapic();
    const auto matches = [&](u64 destination) { return apic.matches(ApicCommand(destination << 32 | 1 << 11)); };
    EXPECT_FALSE(matches(0x80)) << "no logical identifier was given yet";
    store(0x0d0, 0x24000000);
    EXPECT_TRUE(matches(0x04)) << "flat: a set";
    EXPECT_TRUE(matches(0x2f));
    EXPECT_FALSE(matches(0xdb));
    EXPECT_TRUE(matches(0xffff'ffff));
    store(0x0e0, 0);
    EXPECT_TRUE(matches(0x24)) << "cluster 2, member 4";
    EXPECT_TRUE(matches(0x2f));
    EXPECT_FALSE(matches(0x34)) << "another cluster";
    EXPECT_FALSE(matches(0x28)) << "another member";
    EXPECT_TRUE(apic.matches(ApicCommand(0x23ULL << 32))) << "physical";
}

TEST_F(LocalApicTest, DisabledItDeliversNothingAndKeepsLvtsMasked) {
    post(0x50);
    EXPECT_FALSE(apic.deliverable());
    write(0x832, 0x40);
    EXPECT_EQ(*read(0x832), 0x10040u);
    enable();
    EXPECT_EQ(apic.deliverable(), 0x50);
    write(0x832, 0x40);
    EXPECT_EQ(*read(0x832), 0x40u);
    write(0x80f, 0xff);
    EXPECT_EQ(*read(0x832), 0x10040u);
}

TEST_F(LocalApicTest, PrioritiesHoldInterruptsBack) {
    enable();
    post(0x51);
    write(0x808, 0x50);
    EXPECT_FALSE(apic.deliverable());
    EXPECT_EQ(*read(0x80a), 0x50u);
    write(0x808, 0x4f);
    EXPECT_EQ(apic.deliverable(), 0x51);
    apic.accept(0x51);
    EXPECT_EQ(*read(0x80a), 0x50u) << "a vector in service raises PPR to its class";
    post(0x5f);
    EXPECT_FALSE(apic.deliverable()) << "the same class waits";
    post(0x60);
    EXPECT_EQ(apic.deliverable(), 0x60);
    apic.accept(0x60);
    EXPECT_EQ(write(0x80b, 0).kind, Kind::None);
    EXPECT_FALSE(apic.deliverable()) << "0x51 is still in service";
    write(0x80b, 0);
    EXPECT_EQ(apic.deliverable(), 0x5f);
}

TEST_F(LocalApicTest, LevelInterruptsReportTheirEnd) {
    enable();
    post(0x70, abi::Trigger::Level);
    apic.accept(0x70);
    const ApicEffect end = write(0x80b, 0);
    EXPECT_EQ(end.kind, Kind::LevelEoi);
    EXPECT_EQ(end.value, 0x70u);
    post(0x70);  // the same vector, edge this time
    apic.accept(0x70);
    EXPECT_EQ(write(0x80b, 0).kind, Kind::None);
    EXPECT_EQ(write(0x80b, 0).kind, Kind::None) << "an EOI with nothing in service is nothing";
    EXPECT_EQ(write(0x80b, 1).kind, Kind::Refused);
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
    const ApicEffect self = write(0x83f, 0x61);
    EXPECT_EQ(self.kind, Kind::SendIpi);
    EXPECT_EQ(self.value, 0x4'0061u) << "as ICR with the shorthand self";
    EXPECT_EQ(write(0x830, 0x4'0062).kind, Kind::SendIpi);
    const ApicEffect fixed = write(0x830, 0x5'0000'0063);
    EXPECT_EQ(fixed.kind, Kind::SendIpi);
    EXPECT_EQ(ApicCommand(fixed.value).destination(), 5u);
    EXPECT_EQ(*read(0x830), 0x5'0000'0063u);
    const ApicEffect init = write(0x830, 0x1'0000'4500);
    EXPECT_EQ(init.kind, Kind::SendIpi);
    EXPECT_EQ(ApicCommand(init.value).delivery(), DeliveryMode::Init);
    EXPECT_EQ(write(0x830, 0x10'0000).kind, Kind::Refused) << "a reserved bit";
    EXPECT_FALSE(read(0x83f));
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
    write(0x837, 0xfe);
    write(0x830, 0x4'0005);
    post(3);
    EXPECT_EQ(*read(0x828), 0u) << "errors show after a write";
    EXPECT_EQ(write(0x828, 0).kind, Kind::None);
    EXPECT_EQ(*read(0x828), 0x60u);
    apic.take_posted();
    EXPECT_EQ(apic.deliverable(), 0xfe) << "and raise the error interrupt";
    write(0x828, 0);
    EXPECT_EQ(*read(0x828), 0u);
}

TEST_F(LocalApicTest, TheTimerDividesAsTheManualSays) {
    const std::pair<u32, unsigned> table[] = {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {8, 5}, {9, 6}, {10, 7}, {11, 0}};
    for (const auto& [value, shift] : table) {
        EXPECT_EQ(write(0x83e, value).kind, Kind::None);
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
            write(0x80b, 0);
            if (!in_service.empty()) in_service.pop_back();
        }
    }
}

}  // namespace
