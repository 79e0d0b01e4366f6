// SPDX-License-Identifier: MIT
/// @file
/// @brief Walking a guest's page tables in every paging mode, and finding the ends of its instructions.
/// @chapter testing
#include "virt/guest_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <vector>

#include "x86/paging.h"
#include "x86/registers.h"

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

constexpr PagingState kLongMode{Cr0::PE | Cr0::PG, kBase, Cr4::PAE, Efer::LME | Efer::LMA, 0, true, false};

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

TEST_F(GuestMemoryTest, WalksPaeAndLegacyPagingAndNone) {
    PagingState pae = kLongMode;
    pae.efer = 0;
    put64(kBase + 8 * 3, (kBase + 0x1000) | 1);
    put64(kBase + 0x1000 + 8 * 511, (kBase + 0x2000) | 7);
    put64(kBase + 0x1000 + 8 * 510, 0x2020'0087);
    put64(kBase + 0x2000 + 8 * 511, 0x2100'0067);
    EXPECT_EQ(walk(0xffff'f123, pae), 0x2100'0123u);
    EXPECT_EQ(walk(0xffc1'2345, pae), 0x2021'2345u);
    EXPECT_EQ(walk(0x0000'1000, pae), ~0ULL);

    PagingState legacy = pae;
    legacy.cr4 = 0;
    legacy.cr3 = kBase + 0x10000;
    put32(kBase + 0x10000 + 4 * 768, static_cast<u32>(kBase + 0x11000) | 7);
    put32(kBase + 0x10000 + 4 * 769, 0x2040'0087);
    put32(kBase + 0x11000 + 4 * 2, 0x2345'6067);
    EXPECT_EQ(walk(0xc000'2789, legacy), 0x2345'6789u);
    EXPECT_EQ(walk(0xc041'2345, legacy), 0x2041'2345u);
    EXPECT_EQ(walk(0xc000'3000, legacy), ~0ULL);

    PagingState real = legacy;
    real.cr0 = 0;
    EXPECT_EQ(walk(0xffff0, real), 0xffff0u);
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

Instruction decode(std::vector<u8> bytes, CodeSize size = CodeSize::Bits64) { return decode_instruction(bytes, size); }

TEST(InstructionDecoder, KnowsLengthsWithEveryPrefix) {
    const struct {
        std::vector<u8> bytes;
        Opcode opcode;
    } kPlain[] = {{{0x0f, 0xa2}, Opcode::Cpuid}, {{0x0f, 0x32}, Opcode::Rdmsr},       {{0x0f, 0x30}, Opcode::Wrmsr},
                  {{0xf4}, Opcode::Hlt},         {{0x0f, 0x08}, Opcode::Invd},        {{0x0f, 0x09}, Opcode::Wbinvd},
                  {{0x0f, 0x06}, Opcode::Clts},  {{0x0f, 0x01, 0xd1}, Opcode::Xsetbv}};
    for (const auto& [bytes, opcode] : kPlain) {
        EXPECT_EQ(decode(bytes), (Instruction{opcode, static_cast<u8>(bytes.size())}));
        for (const int prefix : {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3, 0x40, 0x48, 0x4f}) {
            std::vector<u8> longer(1 + bytes.size() % 3, static_cast<u8>(prefix));
            longer.insert(longer.end(), bytes.begin(), bytes.end());
            EXPECT_EQ(decode(longer).length, longer.size());
            EXPECT_EQ(decode(longer).opcode, opcode);
        }
        std::vector<u8> cut(bytes.begin(), bytes.end() - 1);
        EXPECT_EQ(decode(cut), Instruction{});
    }
    // Outside 64-bit mode 40h .. 4Fh are instructions of their own.
    EXPECT_EQ(decode({0x48, 0x0f, 0xa2}, CodeSize::Bits32), Instruction{});
    EXPECT_EQ(decode({0x66, 0x0f, 0xa2}, CodeSize::Bits16), (Instruction{Opcode::Cpuid, 3}));
    EXPECT_EQ(decode({0x0f, 0x01, 0xd0}), Instruction{}) << "XGETBV does not exit";
    EXPECT_EQ(decode({0x90}), Instruction{});
    EXPECT_EQ(decode({}), Instruction{});
}

TEST(InstructionDecoder, ReadsTheOperandsOfControlRegisterMoves) {
    EXPECT_EQ(decode({0x0f, 0x22, 0xc0}), (Instruction{Opcode::MovToControl, 3, 0, 0}));         // mov %rax, %cr0
    EXPECT_EQ(decode({0x0f, 0x22, 0xe7}), (Instruction{Opcode::MovToControl, 3, 4, 7}));         // mov %rdi, %cr4
    EXPECT_EQ(decode({0x41, 0x0f, 0x22, 0xe7}), (Instruction{Opcode::MovToControl, 4, 4, 15}));  // mov %r15, %cr4
    EXPECT_EQ(decode({0x44, 0x0f, 0x22, 0xc1}), (Instruction{Opcode::MovToControl, 4, 8, 1}));   // mov %rcx, %cr8
    EXPECT_EQ(decode({0x0f, 0x01, 0xf3}), (Instruction{Opcode::Lmsw, 3, 0, 3}));                 // lmsw %bx
    EXPECT_EQ(decode({0x0f, 0x01, 0x30}), Instruction{});                                        // lmsw (%rax)
    // A REX that is not the last prefix does not count.
    EXPECT_EQ(decode({0x41, 0x66, 0x0f, 0x22, 0xc0}), (Instruction{Opcode::MovToControl, 5, 0, 0}));
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
    EXPECT_EQ(reader.read(0x4fff, kLongMode, Opcode::Cpuid), (Instruction{Opcode::Cpuid, 2}));
    EXPECT_EQ(reader.read(0x4100, kLongMode, Opcode::Cpuid), (Instruction{Opcode::Cpuid, 2}));
    // The guest maps another page there, with another instruction.
    put64(pt + 8 * 4, (kBase + 0xb000) | 7);
    put(kBase + 0xb100, {0x66, 0x0f, 0x32});
    EXPECT_EQ(reader.read(0x4100, kLongMode, Opcode::Rdmsr), (Instruction{Opcode::Rdmsr, 3}));
    put64(pt + 8 * 4, 0);
    EXPECT_EQ(reader.read(0x4200, kLongMode, Opcode::Cpuid), Instruction{});
    // Without paging the code segment's base counts.
    PagingState real = kLongMode;
    real = {0, 0, 0, 0, kBase, false, false};
    EXPECT_EQ(reader.read(0x8100, real, Opcode::Cpuid), (Instruction{Opcode::Cpuid, 2}));
}

}  // namespace
