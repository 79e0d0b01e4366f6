// SPDX-License-Identifier: MIT
/// @file
/// @brief ELF headers, script lines and program stacks: the good ones, and everything that can be wrong with them.
/// @chapter testing
#include "proc/elf.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "proc/user_stack.h"
#include "x86/paging.h"

namespace {

/// An executable's headers, as bytes that a test may damage.
struct Headers {
    Elf64_Ehdr file{};
    std::vector<Elf64_Phdr> program;

    Headers() {
        memcpy(file.e_ident, ELFMAG, SELFMAG);
        file.e_ident[EI_CLASS] = ELFCLASS64;
        file.e_ident[EI_DATA] = ELFDATA2LSB;
        file.e_type = ET_DYN;
        file.e_machine = EM_X86_64;
        file.e_entry = 0x1040;
        file.e_phoff = sizeof(Elf64_Ehdr);
        file.e_phentsize = sizeof(Elf64_Phdr);
        add(PT_LOAD, PF_R | PF_X, 0, 0, 0x2000, 0x2000);
        add(PT_LOAD, PF_R | PF_W, 0x2e10, 0x3e10, 0x300, 0x5000);
    }
    Elf64_Phdr& add(u32 type, u32 flags, u64 offset, u64 address, u64 in_file, u64 in_memory) {
        program.push_back({type, flags, offset, address, address, in_file, in_memory, 0x1000});
        file.e_phnum = static_cast<u16>(program.size());
        return program.back();
    }
    Result<ElfHeader> header() const { return parse_elf_header(std::as_bytes(std::span(&file, 1))); }
    Result<Owned<ElfImage>> image() const { return parse_elf_image(TRY(header()), std::as_bytes(std::span(program))); }
};

TEST(Elf, PlansAPositionIndependentProgram) {
    const auto image = Headers().image();
    ASSERT_TRUE(image.ok());
    const ElfImage& plan = *image.value();
    EXPECT_TRUE(plan.header.is_position_independent);
    EXPECT_EQ(plan.segments().size(), 2u);
    EXPECT_EQ(plan.lowest, 0u);
    EXPECT_EQ(plan.highest, 0x9000u);
    EXPECT_EQ(plan.headers_address, sizeof(Elf64_Ehdr));
    EXPECT_EQ(plan.interpreter_bytes, 0u);
    EXPECT_FALSE(plan.executable_stack);
    EXPECT_TRUE(plan.segments()[0].execute && !plan.segments()[0].write);
    EXPECT_TRUE(plan.segments()[1].write && !plan.segments()[1].execute);
    EXPECT_EQ(plan.segments()[1].memory_bytes, 0x5000u);
}

TEST(Elf, FindsInterpreterStackAndAlignment) {
    Headers h;
    h.add(PT_INTERP, PF_R, 0x318, 0x318, 28, 28);
    h.add(PT_GNU_STACK, PF_R | PF_W | PF_X, 0, 0, 0, 0);
    h.program[0].p_align = 0x20'0000;
    const auto image = h.image();
    ASSERT_TRUE(image.ok());
    EXPECT_EQ(image.value()->interpreter_offset, 0x318u);
    EXPECT_EQ(image.value()->interpreter_bytes, 28u);
    EXPECT_TRUE(image.value()->executable_stack);
    EXPECT_EQ(image.value()->alignment, 0x20'0000u);
}

/// What a test does to good headers so that they are no program any more.
using Damage = void (*)(Headers&);
class BadElf : public testing::TestWithParam<Damage> {};

TEST_P(BadElf, IsRefused) {
    Headers h;
    GetParam()(h);
    const auto image = h.image();
    ASSERT_FALSE(image.ok());
    EXPECT_EQ(image.error().code, ENOEXEC);
}

INSTANTIATE_TEST_SUITE_P(
    Headers, BadElf,
    testing::Values(
        [](Headers& h) { h.file.e_ident[0] = 'x'; }, [](Headers& h) { h.file.e_ident[EI_CLASS] = ELFCLASS32; },
        [](Headers& h) { h.file.e_machine = EM_386; }, [](Headers& h) { h.file.e_type = ET_REL; },
        [](Headers& h) { h.file.e_phnum = 0; }, [](Headers& h) { h.file.e_phnum = 65535; },
        [](Headers& h) { h.file.e_phentsize = 32; }, [](Headers& h) { h.file.e_phoff = ~0ULL; },
        [](Headers& h) { h.program[0].p_type = h.program[1].p_type = PT_NOTE; },
        [](Headers& h) { h.program[1].p_filesz = 0x6000; }, [](Headers& h) { h.program[1].p_vaddr = ~0ULL - 0x1ef; },
        [](Headers& h) { h.program[1].p_memsz = ~0ULL; },
        [](Headers& h) { h.program[1].p_vaddr = kUserEnd.raw + 0xe10; }, [](Headers& h) { h.program[1].p_offset += 1; },
        [](Headers& h) { h.program[1].p_offset = ~0ULL - 0x1ef; },
        [](Headers& h) { h.add(PT_INTERP, PF_R, 0x318, 0, 1, 1); },
        [](Headers& h) { h.add(PT_INTERP, PF_R, 0x318, 0, 1 << 20, 1 << 20); },
        [](Headers& h) { h.file.e_type = ET_EXEC; }));

TEST(Elf, RefusesShortFiles) {
    const Headers h;
    const auto bytes = std::as_bytes(std::span(&h.file, 1));
    for (usize size = 0; size < bytes.size(); ++size) EXPECT_FALSE(parse_elf_header(bytes.first(size)).ok()) << size;
    const auto header = parse_elf_header(bytes);
    ASSERT_TRUE(header.ok());
    EXPECT_FALSE(parse_elf_image(header.value(), std::as_bytes(std::span(h.program)).first(111)).ok());
}

/// Whatever the bytes are, what is accepted stays inside the user half and inside its own bounds.
void check_plan(const ElfImage& image) {
    ASSERT_LE(image.segment_count, kElfMaxSegments);
    ASSERT_GT(image.segment_count, 0u);
    EXPECT_LE(image.highest, align_up(kUserEnd.raw, kPageBytes));
    EXPECT_EQ(image.alignment & (image.alignment - 1), 0u);
    for (const ElfSegment& s : image.segments()) {
        EXPECT_LE(s.file_bytes, s.memory_bytes);
        EXPECT_GE(s.first_page(), image.lowest);
        EXPECT_LE(s.end(), image.highest);
        EXPECT_GE(s.end(), s.address);
        EXPECT_EQ(s.file_offset % kPageBytes, s.address % kPageBytes);
    }
}

TEST(Elf, SurvivesRandomDamage) {
    std::mt19937_64 random(1);
    unsigned accepted = 0;
    for (int round = 0; round < 200000; ++round) {
        Headers h;
        h.add(PT_INTERP, PF_R, 0x318, 0x318, 28, 28);
        auto* bytes = reinterpret_cast<unsigned char*>(h.program.data());
        for (u64 n = random() % 6; n; --n) {
            const usize place = random() % (h.program.size() * sizeof(Elf64_Phdr));
            bytes[place] = static_cast<unsigned char>(random() % 3 ? random() : 0xff);
        }
        if (random() % 4 == 0)
            reinterpret_cast<unsigned char*>(&h.file)[random() % sizeof(h.file)] = static_cast<unsigned char>(random());
        h.file.e_phnum = static_cast<u16>(std::min<usize>(h.file.e_phnum, h.program.size()));
        const auto image = h.image();
        if (!image.ok()) continue;
        ++accepted;
        check_plan(*image.value());
        if (HasFatalFailure()) return;
    }
    EXPECT_GT(accepted, 1000u);
}

TEST(Script, SplitsItsFirstLine) {
    const auto line = [](std::string_view text) {
        const auto parsed = parse_script_line(text);
        return parsed.ok() ? std::string(parsed.value().interpreter) + "|" + std::string(parsed.value().argument)
                           : "refused";
    };
    EXPECT_EQ(line("#!/bin/sh\nexit"), "/bin/sh|");
    EXPECT_EQ(line("#! /bin/sh -e \nexit"), "/bin/sh|-e");
    EXPECT_EQ(line("#!\t/bin/env\ta b  c\t\n"), "/bin/env|a b  c");
    EXPECT_EQ(line("#!/bin/sh"), "/bin/sh|");
    EXPECT_EQ(line("#!\n/bin/sh"), "refused");
    EXPECT_EQ(line("#!   \n"), "refused");
    EXPECT_EQ(line("#"), "refused");
    EXPECT_EQ(line(""), "refused");
    EXPECT_EQ(line("echo"), "refused");
    EXPECT_EQ(line("#!/" + std::string(253, 'x')), "refused");
    EXPECT_EQ(line("#!/bin/sh " + std::string(246, 'x')), "/bin/sh|" + std::string(246, 'x'));
}

class Stack : public testing::Test {
   protected:
    static constexpr u64 kTop = 0x7fff'0000;
    ProgramArguments arguments_;
    void SetUp() override {
        ASSERT_TRUE(arguments_.add(arguments_.arguments, "ls").ok());
        ASSERT_TRUE(arguments_.add(arguments_.arguments, "-l").ok());
        ASSERT_TRUE(arguments_.add(arguments_.environment, "HOME=/").ok());
    }
};

TEST_F(Stack, HasWhatTheAbiSays) {
    const auto laid_out =
        lay_out_stack(kTop, "/bin/ls", arguments_, {.headers = 0x40, .header_count = 9, .entry = 0x1234});
    ASSERT_TRUE(laid_out.ok());
    const UserStack& stack = laid_out.value();
    std::map<u64, std::string> texts;
    for (const PlacedText& placed : stack.texts) texts[placed.address] = placed.text;
    EXPECT_EQ(stack.stack_pointer % 16, 0u);
    EXPECT_EQ(stack.words[0], 2u);
    EXPECT_EQ(texts[stack.words[1]], "ls");
    EXPECT_EQ(texts[stack.words[2]], "-l");
    EXPECT_EQ(stack.words[3], 0u);
    EXPECT_EQ(texts[stack.words[4]], "HOME=/");
    EXPECT_EQ(stack.words[5], 0u);
    std::map<u64, u64> auxiliary;
    for (usize i = 6; i + 1 < stack.words.size(); i += 2) auxiliary[stack.words[i]] = stack.words[i + 1];
    EXPECT_EQ(auxiliary[AT_PHDR], 0x40u);
    EXPECT_EQ(auxiliary[AT_PHNUM], 9u);
    EXPECT_EQ(auxiliary[AT_ENTRY], 0x1234u);
    EXPECT_EQ(auxiliary[AT_RANDOM], stack.random_address);
    EXPECT_EQ(texts[auxiliary[AT_EXECFN]], "/bin/ls");
    EXPECT_EQ(texts[auxiliary[AT_PLATFORM]], "x86_64");
    EXPECT_TRUE(auxiliary.contains(AT_NULL));
}

TEST_F(Stack, PartsDoNotOverlap) {
    const auto laid_out = lay_out_stack(kTop, "/bin/ls", arguments_, {});
    ASSERT_TRUE(laid_out.ok());
    const UserStack& stack = laid_out.value();
    std::map<u64, u64> parts{{stack.stack_pointer, stack.words.size() * 8}, {stack.random_address, 16}};
    for (const PlacedText& placed : stack.texts) parts[placed.address] = placed.text.size() + 1;
    u64 end = 0;
    for (const auto& [begin, bytes] : parts) {
        EXPECT_GE(begin, end);
        end = begin + bytes;
    }
    EXPECT_LE(end, kTop);
}

TEST_F(Stack, RefusesTooManyArguments) {
    const std::string large(100'000, 'x');
    Result<void> added;
    int count = 0;
    for (; count < 100 && arguments_.add(arguments_.arguments, large).ok(); ++count) {}
    EXPECT_LT(count, 21);
    EXPECT_EQ(arguments_.add(arguments_.arguments, std::string(ProgramArguments::kMaxOne, 'x')).error().code, E2BIG);
}

}  // namespace
