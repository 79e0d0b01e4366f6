// SPDX-License-Identifier: MIT
/// @file
/// @brief Tests of entries, walks and the checker over tables made by hand.
/// @chapter nested-faults
#include "debugger-ui/model/walk.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "debugger-ui/model/checker.h"
#include "tests/debugger/fake_machine.h"

namespace debugger {
namespace {

constexpr Rights kAll{true, true, true};
constexpr Rights kReadOnly{true, false, false};

class BothFormats : public testing::TestWithParam<NestedFormat> {
   protected:
    FakeMachine machine{GetParam()};
    Walk ask(AddressKind kind, u64 address, Access access = Access::Read) {
        return walk(machine.pages, {kind, address, access, machine.root, machine.format, guest});
    }
    GuestPaging guest{1ULL << 31 | 1ULL << 16 | 1, 0, 1 << 5, 1 << 10};
};
INSTANTIATE_TEST_SUITE_P(Formats, BothFormats, testing::Values(NestedFormat::Npt, NestedFormat::Ept));

TEST(Fields, CoverEveryBitOnceInOrder) {
    for (const EntryFormat format : {EntryFormat::Host, EntryFormat::Npt, EntryFormat::Ept}) {
        for (unsigned level = 1; level <= kRootLevel; ++level) {
            for (const u64 entry : {u64{0}, HostEntry::PS}) {
                int next = 63;
                for (const EntryField& field : fields_of(format, level, entry)) {
                    EXPECT_EQ(static_cast<int>(field.high), next) << field.name;
                    next = static_cast<int>(field.low) - 1;
                }
                EXPECT_EQ(next, -1);
            }
        }
    }
}

TEST_P(BothFormats, FindThePageOfAnAddress) {
    const PhysAddr frame = machine.map(0x20'0000, kAll);
    for (const AddressKind kind : {AddressKind::Ring3, AddressKind::GuestPhys}) {
        const Walk found = ask(kind, 0x20'0123, Access::Execute);
        ASSERT_TRUE(found.host_phys) << text_of(found);
        EXPECT_EQ(*found.host_phys, frame + 0x123);
        EXPECT_EQ(found.steps.size(), 4u);
        EXPECT_EQ(found.page_level, 1u);
    }
}

TEST_P(BothFormats, FindThePagesOfLargerSizes) {
    machine.map(0x4000'0000, kAll, PageSize::Size1G);
    machine.map(0x8020'0000, kAll, PageSize::Size2M);
    EXPECT_EQ(ask(AddressKind::GuestPhys, 0x4765'4321).steps.size(), 2u);
    EXPECT_EQ(ask(AddressKind::GuestPhys, 0x4765'4321).host_phys, PhysAddr(4 * kGiB + 0x765'4321));
    EXPECT_EQ(ask(AddressKind::Ring3, 0x8021'2345).host_phys, PhysAddr(4 * kGiB + 0x1'2345));
    EXPECT_EQ(ask(AddressKind::Ring3, 0x8021'2345).page_level, 2u);
}

TEST_P(BothFormats, NameWhatGoesWrong) {
    machine.map(0x20'0000, kReadOnly);
    const auto fault = [&](AddressKind kind, u64 address, Access access) { return ask(kind, address, access).fault; };
    for (const AddressKind kind : {AddressKind::Ring3, AddressKind::GuestPhys}) {
        EXPECT_EQ(fault(kind, 0x20'0000, Access::Read), WalkFault::None);
        EXPECT_EQ(fault(kind, 0x20'0000, Access::Write), WalkFault::NotWritable);
        EXPECT_EQ(fault(kind, 0x20'0000, Access::Execute), WalkFault::NotExecutable);
        EXPECT_EQ(fault(kind, 0x20'1000, Access::Read), WalkFault::NotPresent);
    }
    EXPECT_EQ(fault(AddressKind::Ring3, 1ULL << 47, Access::Read), WalkFault::NotCanonical);
    EXPECT_EQ(fault(AddressKind::GuestPhys, 1ULL << 39, Access::Read), WalkFault::BeyondWindow);
    machine.host_entry(0x20'0000, 1) &= ~HostEntry::US;
    EXPECT_EQ(fault(AddressKind::Ring3, 0x20'0000, Access::Read), WalkFault::NotUser);
    machine.host_entry(0x20'0000, 2) = HostEntry::table(PhysAddr(0x7777'0000)).raw();
    EXPECT_EQ(fault(AddressKind::Ring3, 0x20'0000, Access::Read), WalkFault::PageNotKnown);
}

TEST_P(BothFormats, WalkAGuestsTablesInTwoDimensions) {
    // A guest that maps its virtual page 0xffff'8880'0012'3000 to its physical page 0x9000, tables at 0x1000 to 0x4000.
    const u64 address = 0xffff'8880'0012'3456;
    std::map<u64, PhysAddr> memory;
    for (u64 page = 0x1000; page <= 0x4000; page += kPageBytes) memory[page] = machine.map(page, kAll);
    const PhysAddr data = machine.map(0x9000, kAll);
    for (unsigned level = 4; level >= 1; --level) {
        const u64 table = 0x1000 * (5 - level);
        const u64 next = level == 1 ? 0x9000 : table + 0x1000;
        machine.word(memory[table] + 8 * table_index(VirtAddr(address), level)) = next | HostEntry::P | HostEntry::RW;
    }
    guest.cr3 = 0x1000;
    const Walk found = ask(AddressKind::GuestVirt, address, Access::Write);
    EXPECT_EQ(found.fault, WalkFault::None) << text_of(found);
    EXPECT_EQ(found.steps.size(), 24u);
    EXPECT_EQ(found.guest_phys, 0x9456u);
    EXPECT_EQ(found.host_phys, data + 0x456);

    // A guest table on a page that the nested half makes read-only: the walk itself is a write.
    u64& entry = machine.nested_entry(0x3000, 1);
    entry &= ~HostEntry::RW;
    const Walk stopped = ask(AddressKind::GuestVirt, address);
    EXPECT_EQ(stopped.fault, WalkFault::NotWritable);
    EXPECT_EQ(stopped.steps.back().guest_level, 2u);
    EXPECT_FALSE(stopped.guest_phys);

    guest.cr0 = 1;
    EXPECT_EQ(ask(AddressKind::GuestVirt, 0x9456).host_phys, data + 0x456);
    guest = {1ULL << 31 | 1, 0x1000, 0, 0};
    EXPECT_EQ(ask(AddressKind::GuestVirt, 0x9456).fault, WalkFault::UnknownPaging);
}

TEST_P(BothFormats, EndInTablesThatPointAtThemselves) {
    machine.word(machine.root) = HostEntry::table(machine.root).raw();
    machine.word(machine.root + kPageBytes) = NestedEntry::table(machine.root + kPageBytes, machine.format).raw();
    EXPECT_LE(ask(AddressKind::Ring3, 0).steps.size(), 4u);
    EXPECT_LE(ask(AddressKind::GuestPhys, 0).steps.size(), 4u);
    guest.cr3 = 0;
    EXPECT_LE(ask(AddressKind::GuestVirt, 0).steps.size(), 24u);
    EXPECT_NE(check_tree(machine.pages, machine.root, machine.format).problem, "");
}

TEST_P(BothFormats, EndInAnyGarbage) {
    std::mt19937_64 random(5);
    for (int round = 0; round < 50; ++round) {
        FakeMachine garbage{GetParam()};
        for (u64 at = 0; at < 30; ++at) garbage.make_pair();
        const auto all = garbage.pages.all();
        for (const auto& [place, page] : all) {
            // Present entries that lead anywhere among the pages, odd halves and loops included.
            for (u64& word : *garbage.pages.own(PhysAddr(place)))
                word = (random() % (64 * kKiB) + kMiB) | (random() & 0x87);
        }
        check_tree(garbage.pages, garbage.root, garbage.format);
        for (int many = 0; many < 50; ++many) {
            const u64 address = random() >> (random() % 64);
            EXPECT_LE(walk(garbage.pages, {AddressKind::GuestPhys, address, Access::Read, garbage.root, GetParam(), {}})
                          .steps.size(),
                      4u);
            EXPECT_LE(walk(garbage.pages, {AddressKind::GuestVirt,
                                           address,
                                           Access::Write,
                                           garbage.root,
                                           GetParam(),
                                           {~0ULL, address, 1 << 5, ~0ULL}})
                          .steps.size(),
                      24u);
        }
    }
}

/// The oracle: no levels, no loops over tables, only what was mapped.
TEST_P(BothFormats, AgreeWithAMapOfWhatWasMapped) {
    std::mt19937_64 random(7);
    std::map<u64, PhysAddr> mapped;
    for (int count = 0; count < 400; ++count) {
        const u64 page = align_down(random() >> (25 + random() % 20), kPageBytes);
        if (!mapped.contains(page)) mapped[page] = machine.map(page, kAll);
    }
    for (int count = 0; count < 10'000; ++count) {
        auto near = mapped.begin();
        std::advance(near, static_cast<long>(random() % mapped.size()));
        const u64 address = near->first + random() % (2 * kPageBytes);
        const auto page = mapped.find(align_down(address, kPageBytes));
        const Walk nested = ask(AddressKind::GuestPhys, address);
        const Walk host = ask(AddressKind::Ring3, address);
        if (page == mapped.end()) {
            EXPECT_EQ(nested.fault, WalkFault::NotPresent);
            EXPECT_EQ(host.fault, WalkFault::NotPresent);
        } else {
            EXPECT_EQ(nested.host_phys, page->second + address % kPageBytes);
            EXPECT_EQ(host.host_phys, page->second + address % kPageBytes);
        }
    }
    const TreeCheck check = check_tree(machine.pages, machine.root, machine.format);
    EXPECT_EQ(check.window_pages, mapped.size());
    EXPECT_TRUE(check.broken.empty()) << text_of(check);
    EXPECT_EQ(check.problem, "");
}

TEST_P(BothFormats, BreakTheLawInEveryWay) {
    const auto broken = [&](auto&& damage) {
        FakeMachine victim{GetParam()};
        victim.map(0x20'0000, kAll);
        victim.map(0x20'1000, kReadOnly);
        victim.map(0x7fff'0000'0000, kAll);
        damage(victim);
        const TreeCheck check = check_tree(victim.pages, victim.root, victim.format);
        return check.broken.size() == 1 ? check.broken[0].violation : Violation::None;
    };
    EXPECT_EQ(broken([](FakeMachine& m) { m.nested_entry(0x20'1000, 1) |= 2; }), Violation::DifferentRights);
    EXPECT_EQ(broken([](FakeMachine& m) { m.nested_entry(0x20'0000, 1) += kPageBytes; }), Violation::DifferentFrame);
    EXPECT_EQ(broken([](FakeMachine& m) { m.nested_entry(0x20'0000, 1) = 0; }), Violation::HostWithoutNested);
    EXPECT_EQ(broken([](FakeMachine& m) { m.host_entry(0x20'0000, 1) = 0; }), Violation::NestedWithoutHost);
    EXPECT_EQ(broken([](FakeMachine& m) { m.nested_entry(0x20'0000, 2) -= kPageBytes; }), Violation::TableNotBehind);
    EXPECT_EQ(broken([](FakeMachine& m) { m.nested_entry(0x20'0000, 2) |= HostEntry::PS; }), Violation::DifferentSize);
    EXPECT_EQ(broken([](FakeMachine& m) { m.nested_entry(0x7fff'0000'0000, 1) = 7; }), Violation::NestedOutsideWindow);
    EXPECT_EQ(broken([](FakeMachine& m) { m.word(m.root + kPageBytes + 8 * 300) = 7; }),
              Violation::NestedOutsideWindow);
}

}  // namespace
}  // namespace debugger
