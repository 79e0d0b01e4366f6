// SPDX-License-Identifier: MIT
/// @file
/// @brief Walking a guest's page tables, and finding the ends of its instructions.
/// @chapter testing
#include "virt/svm/instruction.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <vector>

#include "virt/guest_memory.h"
#include "x86/paging.h"
#include "x86/registers.h"

namespace svm {
namespace {

constexpr u64 kBase = 0x2000'0000, kBytes = 64 * kMiB;

/// Guest-physical memory is this program's own memory at the same address, as it is for a process of Twain.
struct GuestMemoryTest : testing::Test {
    void SetUp() override {
        void* memory = mmap(reinterpret_cast<void*>(kBase), kBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);
        ASSERT_EQ(memory, reinterpret_cast<void*>(kBase));
    }
    void TearDown() override { munmap(reinterpret_cast<void*>(kBase), kBytes); }

    static void put64(u64 at, u64 value) { std::memcpy(reinterpret_cast<void*>(at), &value, 8); }
    static void put32(u64 at, u32 value) { std::memcpy(reinterpret_cast<void*>(at), &value, 4); }
    static void put(u64 at, std::vector<u8> bytes) {
        std::memcpy(reinterpret_cast<void*>(at), bytes.data(), bytes.size());
    }
    static u64 walk(u64 address, const PagingState& paging) {
        const auto found = translate(GuestVirt(address), paging);
        return found.ok() ? found.value().raw : ~0ULL;
    }
};

constexpr PagingState kLongMode{Cr0::PE | Cr0::PG, kBase, Efer::LME | Efer::LMA, 0, true};

TEST_F(GuestMemoryTest, WalksFourLevelsAndTheirLargePages) {
    const u64 pdpt = kBase + 0x1000, pd = kBase + 0x2000, pt = kBase + 0x3000;
    put64(kBase + 8 * 511, pdpt | 7);
    put64(pdpt + 8 * 510, pd | 7);
    put64(pdpt + 8 * 511, 0x8000'0000'4000'0087);  // 1 GiB at 1 GiB, NX
    put64(pd + 8 * 3, pt | 7);
    put64(pd + 8 * 4, 0x2040'0087);  // 2 MiB
    put64(pt + 8 * 5, 0x2123'4067);
    EXPECT_EQ(walk(0xffff'ffff'8060'5abc, kLongMode), 0x2123'4abcu);
    EXPECT_EQ(walk(0xffff'ffff'8091'2345, kLongMode), 0x2051'2345u);
    EXPECT_EQ(walk(0xffff'ffff'c123'4567, kLongMode), 0x4123'4567u);
    EXPECT_EQ(walk(0xffff'ffff'8060'6000, kLongMode), ~0ULL);
    EXPECT_EQ(walk(0x1000, kLongMode), ~0ULL);
}

TEST_F(GuestMemoryTest, WalksNothingWithoutPagingAndNoOtherFormat) {
    PagingState real = kLongMode;
    real.cr0 = 0;
    EXPECT_EQ(walk(0xffff0, real), 0xffff0u);
    EXPECT_EQ(walk(0x1'0000'0010, real), 0x10u);
    PagingState pae = kLongMode;
    pae.efer = 0;
    put64(kBase, (kBase + 0x1000) | 1);
    put64(kBase + 0x1000, 0x2020'0087);
    EXPECT_EQ(walk(0x1000, pae), ~0ULL);
}

TEST_F(GuestMemoryTest, TablesOutsideTheWindowAreNotRead) {
    PagingState paging = kLongMode;
    paging.cr3 = kWindowEnd.raw;
    EXPECT_EQ(walk(0, paging), ~0ULL);
    u64 word = 0;
    EXPECT_FALSE(read_guest(GuestPhys(kWindowEnd.raw - 4), &word, 8).ok());
    EXPECT_FALSE(read_guest(GuestPhys(~0ULL - 3), &word, 8).ok());
    EXPECT_FALSE(write_guest(GuestPhys(kWindowEnd.raw), &word, 8).ok());
}

Instruction cut(std::vector<u8> bytes, RexPrefix rex = RexPrefix::Exists) { return cut_instruction(bytes, rex); }

TEST(InstructionDecoder, KnowsLengthsWithEveryPrefix) {
    for (const Opcode opcode : {kCpuid, kRdmsr, kWrmsr, kHlt, kInvd, kWbinvd, kClts, kXsetbv}) {
        std::vector<u8> bytes;
        for (u8 i = 0; i < opcode.length; ++i) bytes.push_back(static_cast<u8>(opcode.bytes >> 8 * i));
        EXPECT_EQ(cut(bytes).length_as(opcode), bytes.size());
        for (const int prefix : {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x40, 0x48, 0x4f}) {
            std::vector<u8> longer(1 + bytes.size() % 3, static_cast<u8>(prefix));
            longer.insert(longer.end(), bytes.begin(), bytes.end());
            longer.push_back(0x90);
            EXPECT_EQ(cut(longer).length_as(opcode), longer.size() - 1);
        }
        bytes.pop_back();
        EXPECT_EQ(cut(bytes).length_as(opcode), 0);
    }
    // Outside 64-bit mode 40h .. 4Fh are instructions of their own.
    EXPECT_EQ(cut({0x48, 0x0f, 0xa2}, RexPrefix::None).length_as(kCpuid), 0);
    EXPECT_EQ(cut({0x66, 0x0f, 0xa2}, RexPrefix::None).length_as(kCpuid), 3);
    EXPECT_EQ(cut({0x0f, 0x01, 0xd0}).length_as(kXsetbv), 0) << "XGETBV does not exit";
    EXPECT_EQ(cut({}).length_as(kHlt), 0);
    EXPECT_EQ(cut(std::vector<u8>(15, 0x66)).length_as(kHlt), 0);
}

TEST(InstructionDecoder, TellsWhatTheOperandsNeed) {
    const Instruction plain = cut({0x0f, 0x22, 0xe7, 0x90});  // mov %rdi, %cr4
    EXPECT_EQ(plain.length_as(kMovToControl), 2);
    EXPECT_EQ(plain.modrm(), 0xe7);
    EXPECT_EQ(plain.rex, 0);
    EXPECT_EQ(cut({0x44, 0x0f, 0x22, 0xc1}).rex, 0x44);  // mov %rcx, %cr8
    EXPECT_EQ(cut({0x41, 0x66, 0x0f, 0x22, 0xc0}).rex, 0) << "a REX that is not the last prefix does not count";
    EXPECT_EQ(cut({0x41, 0x66, 0x0f, 0x22, 0xc0}).prefixes, 2);
}

TEST_F(GuestMemoryTest, ReadsInstructionsAcrossPagesAndRemembersOnlyWhatStillHolds) {
    const u64 pdpt = kBase + 0x1000, pd = kBase + 0x2000, pt = kBase + 0x3000;
    put64(kBase, pdpt | 7);
    put64(pdpt, pd | 7);
    put64(pd, pt | 7);
    put64(pt + 8 * 4, (kBase + 0x8000) | 7);
    put64(pt + 8 * 5, (kBase + 0xa000) | 7);
    put(kBase + 0x8fff, {0x0f});
    put(kBase + 0xa000, {0xa2});
    put(kBase + 0x8100, {0x0f, 0xa2});
    InstructionReader reader;
    EXPECT_EQ(reader.remembered(0x4fff, kBase, kCpuid), 0);
    EXPECT_EQ(reader.read(0x4fff, kLongMode).length_as(kCpuid), 2);
    EXPECT_EQ(reader.remembered(0x4fff, kBase, kCpuid), 0) << "it crosses the page";
    EXPECT_EQ(reader.remembered(0x4100, kBase, kCpuid), 2);
    EXPECT_EQ(reader.remembered(0x4100, kBase, kRdmsr), 0);
    EXPECT_EQ(reader.remembered(0x4100, kBase + 0x1000, kCpuid), 0);
    EXPECT_EQ(reader.remembered(0x5100, kBase, kCpuid), 0);
    // The guest maps another page there, with another instruction.
    put64(pt + 8 * 4, (kBase + 0xb000) | 7);
    put(kBase + 0xb100, {0x66, 0x0f, 0x32});
    EXPECT_EQ(reader.read(0x4100, kLongMode).length_as(kRdmsr), 3);
    EXPECT_EQ(reader.remembered(0x4100, kBase, kRdmsr), 0) << "a prefix wants the long way";
    put64(pt + 8 * 4, 0);
    EXPECT_EQ(reader.read(0x4200, kLongMode).length_as(kCpuid), 0);
    // Without paging the code segment's base counts.
    const PagingState real{0, 0, 0, kBase, false};
    EXPECT_EQ(reader.read(0x8100, real).length_as(kCpuid), 2);
    EXPECT_EQ(reader.remembered(0x8100, 0, kCpuid), 2);
}

}  // namespace
}  // namespace svm
