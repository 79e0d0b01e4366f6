// SPDX-License-Identifier: MIT
/// @file
/// @brief Tests of what is read as text: conditions, lists of symbols, consoles; and of the control block by field name.
/// @chapter observability
#include "debugger-ui/model/expression.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <random>

#include "debugger-ui/model/console_text.h"
#include "debugger-ui/model/control_block.h"
#include "debugger-ui/rsp/error.h"
#include "debugger-ui/rsp/file.h"
#include "debugger-ui/symbols/symbol_map.h"

namespace debugger {
namespace {

const ExpressionScope kScope{[](std::string_view name) -> std::optional<u64> {
                                 if (name == "rdi") return 5;
                                 if (name == "rsi") return 0x1000;
                                 if (name == "Vcpu::run") return 0xffff'ffff'8020'0000;
                                 return std::nullopt;
                             },
                             [](u64 address) -> std::optional<u64> {
                                 if (address == 0x1008) return 42;
                                 return std::nullopt;
                             }};

std::string problem_of(const std::string& text) {
    try {
        evaluate(text, kScope);
    } catch (const machine::Error& problem) { return problem.what(); }
    return "";
}

TEST(Expression, IsComputedAsC) {
    const std::pair<const char*, u64> kExpected[] = {
        {"7", 7},
        {" 0x10 ", 16},
        {"rdi == 5", 1},
        {"rdi != 5", 0},
        {"rdi+1-2", 4},
        {"[rsi+8]", 42},
        {"[rsi + 8] >= 42 && rdi < 6", 1},
        {"[rsi+8] > 42 || rdi <= 4", 0},
        {"rdi & 4", 4},
        {"rdi & 4 == 4", 1},
        {"(rdi == 5) + (rdi == 6)", 1},
        {"Vcpu::run & 0xfffff", 0},
        {"0 - 1 > 5", 1},
        {"1 || 0 && 0", 1},
    };
    for (const auto& [text, value] : kExpected) EXPECT_EQ(evaluate(text, kScope), value) << text;
}

TEST(Expression, SaysInOneLineWhatItDoesNotUnderstand) {
    const std::pair<const char*, const char*> kExpected[] = {
        {"", "lacks an operand"},         {"rdi ==", "lacks an operand"},
        {"[rsi+8", "lacks a ]"},          {"(1", "lacks a )"},
        {"rax", "nothing is called rax"}, {"12q", "12q is no number"},
        {"0x", "0x is no number"},        {"[0]", "memory cannot be read"},
        {"1 2", "does not go on"},        {"99999999999999999999", "is no number"},
    };
    for (const auto& [text, part] : kExpected) {
        EXPECT_NE(problem_of(text).find(part), std::string::npos) << text << ": " << problem_of(text);
    }
    EXPECT_NE(problem_of(std::string(100'000, '(')).find("too deeply"), std::string::npos);
}

TEST(Expression, LivesThroughAnything) {
    std::mt19937 random(6);
    static constexpr char kCharacters[] = "0x1rdi[]()+-&|=!<> :_";
    for (int round = 0; round < 20'000; ++round) {
        std::string text(random() % 24, ' ');
        for (char& c : text) c = kCharacters[random() % (sizeof(kCharacters) - 1)];
        EXPECT_EQ(problem_of(text).find('\n'), std::string::npos);
    }
}

TEST(SymbolMap, FindsNamesAndPlacesOfAKernelThatWasMoved) {
    const machine::TemporaryDirectory directory;
    const auto file = directory.path() / "System.map";
    std::ofstream(file) << "ffffffff81000000 T _text\nffffffff81000040 T start_kernel\n"
                           "ffffffff81000100 t helper\t[module]\nnonsense\n";
    const machine::SymbolMap map(file);
    EXPECT_EQ(map.size(), 3u);
    EXPECT_EQ(map.address_of("start_kernel"), 0xffff'ffff'8100'0040u);
    EXPECT_EQ(map.address_of("start_kernel", 0x20'0000), 0xffff'ffff'8120'0040u);
    EXPECT_FALSE(map.address_of("start"));
    EXPECT_EQ(map.name_at(0xffff'ffff'8100'0044), "start_kernel+0x4");
    EXPECT_EQ(map.name_at(0xffff'ffff'8120'0100, 0x20'0000), "helper");
    EXPECT_EQ(map.name_at(0x1000), "");
    EXPECT_EQ(map.name_at(0xffff'ffff'9000'0000), "");
}

TEST(SymbolMap, RefusesWhatHasNoAddresses) {
    const machine::TemporaryDirectory directory;
    const auto file = directory.path() / "map";
    EXPECT_THROW(machine::SymbolMap{file}, machine::Error);
    std::ofstream(file) << "Not a list\n";
    EXPECT_THROW(machine::SymbolMap{file}, machine::Error);
    std::ofstream(file) << "0000000000000000 T a\n0000000000000000 T b\n";
    EXPECT_THROW(machine::SymbolMap{file}, machine::Error) << "as /proc/kallsyms is read without rights";
    std::ofstream(file) << "ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\n";
    EXPECT_THROW(machine::SymbolMap{file}, machine::Error) << "as Debian's package has it";
}

std::string console_of(std::string_view bytes) {
    ConsoleText console;
    for (const char byte : bytes) console.feed({&byte, 1});
    std::string all;
    for (const std::string& line : console.lines()) all += line + "|";
    return all;
}

TEST(ConsoleText, ShowsWhatATerminalWould) {
    EXPECT_EQ(console_of("one\r\ntwo"), "one|two|");
    EXPECT_EQ(console_of("10%\r20%"), "20%|");
    EXPECT_EQ(console_of("abc\b \b"), "ab |");
    EXPECT_EQ(console_of("\x1b[1;32mgreen\x1b[0m text"), "green text|");
    EXPECT_EQ(console_of("left over\rnew\x1b[K"), "new|");
    EXPECT_EQ(console_of("ab\x1b[2Dx\x1b[3Cy"), "xb  y|");
    EXPECT_EQ(console_of("\x1b]0;title\x07text"), "text|");
    EXPECT_EQ(console_of("a\tb"), "a       b|");
    EXPECT_EQ(console_of("guest:~# \x1b[6n"), "guest:~# |");
}

TEST(ConsoleText, LivesThroughAnything) {
    std::mt19937 random(8);
    ConsoleText console;
    for (int round = 0; round < 300'000; ++round) {
        static constexpr char kBytes[] = "\x1b[]0;9\r\n\b\tKCDJm\aab";
        const char byte = random() % 4 ? kBytes[random() % (sizeof(kBytes) - 1)] : static_cast<char>(random());
        console.feed({&byte, 1});
    }
    EXPECT_LE(console.lines().size(), 5000u);
    for (const std::string& line : console.lines()) ASSERT_LE(line.size(), 1000u);
}

TEST(ControlBlock, HasEveryFieldAtItsPlace) {
    Vmcb block;
    std::memset(static_cast<void*>(&block), 0, sizeof(block));
    block.control.exit_code = 0x400;
    block.state.lstar = 0x1234;
    block.state.cs = {0x10, 0xa9b, 0xffff'ffff, 0};
    const std::vector<ControlField> fields = fields_of(block);
    const auto field = [&](const std::string& name) {
        const auto found =
            std::find_if(fields.begin(), fields.end(), [&](const ControlField& one) { return one.name == name; });
        return found == fields.end() ? ControlField{} : *found;
    };
    EXPECT_EQ(field("EXITCODE").offset, 0x70u);
    EXPECT_EQ(field("EXITCODE").text, "NPF");
    EXPECT_EQ(field("LSTAR").offset, 0x608u);
    EXPECT_EQ(field("LSTAR").value, 0x1234u);
    EXPECT_EQ(field("N_CR3").offset, 0xb0u);
    EXPECT_EQ(field("CS").text, "0010, attributes a9b, limit ffffffff, base 0");
    for (usize at = 1; at < fields.size(); ++at) EXPECT_FALSE(fields[at].name.empty());
    EXPECT_EQ(exit_name(0x4e), "EXCP14");
    EXPECT_EQ(exit_name(0x7b), "IOIO");
    EXPECT_EQ(exit_name(0xffff'ffff'ffff'ffff), "INVALID");
    EXPECT_EQ(exit_name(0x300), "");
}

}  // namespace
}  // namespace debugger
