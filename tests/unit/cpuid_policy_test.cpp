// SPDX-License-Identifier: MIT
/// @file
/// @brief A guest's CPUID: what is not on the list does not show, whatever the machine says.
/// @chapter testing
#include "virt/cpuid_policy.h"

#include <gtest/gtest.h>

#include <cstring>

namespace {

constexpr u32 kAll = ~0U;
constexpr CpuidLeaf kEverything{kAll, kAll, kAll, kAll};
constexpr CpuidView kView{3, 4, 0, 7, 7};

bool bit(u32 value, unsigned number) { return value >> number & 1; }

TEST(CpuidPolicy, HidesVirtualisationAndWhatHasNoStateHere) {
    const CpuidLeaf one = guest_cpuid(1, 0, kEverything, kView);
    for (unsigned hidden : {3u, 5u, 6u, 7u, 8u, 15u, 17u, 18u})
        EXPECT_FALSE(bit(one.ecx, hidden)) << "1.ECX " << hidden;
    for (unsigned hidden : {7u, 12u, 14u, 18u, 21u, 22u, 29u}) EXPECT_FALSE(bit(one.edx, hidden)) << "1.EDX " << hidden;
    const CpuidLeaf seven = guest_cpuid(7, 0, kEverything, kView);
    for (unsigned hidden : {1u, 2u, 4u, 10u, 11u, 14u, 16u, 25u})
        EXPECT_FALSE(bit(seven.ebx, hidden)) << "7.EBX " << hidden;
    for (unsigned hidden : {3u, 4u, 16u})
        EXPECT_FALSE(bit(seven.ecx, hidden)) << "7.ECX " << hidden;  // PKU, OSPKE, LA57
    const CpuidLeaf extended = guest_cpuid(0x8000'0001, 0, kEverything, kView);
    for (unsigned hidden : {2u, 3u, 4u, 10u, 22u, 23u})
        EXPECT_FALSE(bit(extended.ecx, hidden)) << "8000_0001.ECX " << hidden;
    EXPECT_EQ(guest_cpuid(0x8000'000a, 0, kEverything, kView), CpuidLeaf{});
    EXPECT_EQ(guest_cpuid(0xa, 0, kEverything, kView), CpuidLeaf{});
    EXPECT_EQ(guest_cpuid(0x8000'001f, 0, kEverything, kView), CpuidLeaf{});
}

TEST(CpuidPolicy, ShowsNothingThatTheMachineLacks) {
    const CpuidLeaf one = guest_cpuid(1, 0, {}, kView);
    EXPECT_EQ(one.ecx, 1U << 21 | 1U << 24 | 1U << 31)
        << "x2APIC, TSC-deadline and the hypervisor bit are the kernel's own";
    EXPECT_EQ(one.edx, 1U << 28);
    EXPECT_EQ(guest_cpuid(7, 0, {}, kView), CpuidLeaf{});
    EXPECT_EQ(guest_cpuid(0x8000'0001, 0, {}, kView), CpuidLeaf{});
}

TEST(CpuidPolicy, UnknownLeavesAreZero) {
    for (u32 leaf : {2u, 3u, 4u, 5u, 9u, 0xcu, 0xeu, 0x14u, 0x15u, 0x1fu, 0x4000'0002u, 0x4000'0010u, 0x8000'0009u,
                     0xffff'ffffu}) {
        EXPECT_EQ(guest_cpuid(leaf, 0, kEverything, kView), CpuidLeaf{}) << std::hex << leaf;
    }
}

TEST(CpuidPolicy, TellsTheWindowAsThePhysicalAddressWidth) {
    EXPECT_EQ(guest_cpuid(0x8000'0008, 0, kEverything, kView).eax & 0xff, 39u);
}

TEST(CpuidPolicy, TellsTheTopology) {
    EXPECT_EQ(guest_cpuid(1, 0, {}, kView).ebx, 3u << 24 | 4u << 16);
    EXPECT_EQ(guest_cpuid(0xb, 0, {}, kView), (CpuidLeaf{0, 1, 0x100, 3}));
    EXPECT_EQ(guest_cpuid(0xb, 1, {}, kView), (CpuidLeaf{2, 4, 0x201, 3}));
    EXPECT_EQ(guest_cpuid(0xb, 2, {}, kView), (CpuidLeaf{0, 0, 2, 3}));
    EXPECT_EQ(guest_cpuid(0x8000'0008, 0, {}, kView).ecx, 3u);
    constexpr CpuidView kOne{0, 1, 0, 1, 7};
    EXPECT_FALSE(bit(guest_cpuid(1, 0, kEverything, kOne).edx, 28));
    EXPECT_EQ(guest_cpuid(0xb, 1, {}, kOne).eax, 0u);
}

TEST(CpuidPolicy, FollowsTheGuestsOwnState) {
    CpuidView view = kView;
    EXPECT_FALSE(bit(guest_cpuid(1, 0, kEverything, view).ecx, 27));
    view.cr4 = 1 << 18;
    EXPECT_TRUE(bit(guest_cpuid(1, 0, {}, view).ecx, 27));
}

/// An image is as large as what the guest has switched on needs, whatever the host has.
TEST(CpuidPolicy, MeasuresTheGuestsOwnXsaveImage) {
    // Of a host that has AVX-512 and PKRU on: the largest image of the guest's, and what it says of compacted ones.
    constexpr CpuidLeaf kHost{0x2e7, 0xa80, 0xa88, 0}, kHostCompacted{0xf, 0x988, 0x100, 0};
    constexpr struct {
        u64 xcr0;
        u32 standard, compacted;
    } kCases[] = {{1, 576, 576}, {3, 576, 576}, {7, 832, 832}, {0xe7, 0xa80, 576 + 256 + 64 + 512 + 1024}};
    CpuidView view = kView;
    view.xcr0_allowed = 0xe7;
    for (const auto& each : kCases) {
        view.xcr0 = each.xcr0;
        EXPECT_EQ(guest_cpuid(0xd, 0, kHost, view), (CpuidLeaf{0xe7, each.standard, 0xa80, 0})) << each.xcr0;
        EXPECT_EQ(guest_cpuid(0xd, 1, kHostCompacted, view), (CpuidLeaf{7, each.compacted, 0, 0})) << each.xcr0;
    }
    EXPECT_EQ(guest_cpuid(0xd, 2, {0x100, 0x240, 0, 0}, view), (CpuidLeaf{0x100, 0x240, 0, 0}));
    EXPECT_EQ(guest_cpuid(0xd, 9, {8, 0xa80, 0, 0}, view), CpuidLeaf{}) << "PKRU is no guest's";
    EXPECT_FALSE(bit(guest_cpuid(0xd, 1, kEverything, view).eax, 3)) << "XSAVES";
}

TEST(CpuidPolicy, SpeaksKvm) {
    const CpuidLeaf leaf = guest_cpuid(0x4000'0000, 0, {}, kView);
    char name[13] = {};
    std::memcpy(name, &leaf.ebx, 4);
    std::memcpy(name + 4, &leaf.ecx, 4);
    std::memcpy(name + 8, &leaf.edx, 4);
    EXPECT_STREQ(name, "KVMKVMKVM");
    EXPECT_EQ(guest_cpuid(0x4000'0001, 0, {}, kView).eax, 1u << 1 | 1u << 3 | 1u << 24);
}

}  // namespace
