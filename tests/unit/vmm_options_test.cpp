// SPDX-License-Identifier: MIT
/// @file
/// @brief The VMM's command line.
/// @chapter testing
#include <gtest/gtest.h>

#include "vmm/failure.h"
#include "vmm/input.h"
#include "vmm/options.h"

namespace vmm {
namespace {

Options parse(std::vector<std::string> words) {
    words.insert(words.begin(), "vmm");
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    return parse_options(static_cast<int>(words.size()), arguments.data());
}

std::string complaint(const std::vector<std::string>& words) {
    try {
        parse(words);
    } catch (const UsageFailure& failure) { return failure.what(); }
    return "";
}

TEST(Options, HaveDefaults) {
    const Options options = parse({"/k"});
    EXPECT_EQ(options.kernel, "/k");
    EXPECT_FALSE(options.initramfs);
    EXPECT_EQ(options.memory, 512 * kMiB);
    EXPECT_EQ(options.processors, 1U);
    EXPECT_EQ(options.guest_command_line(), "console=ttyS0 console=hvc0 quiet loglevel=3 panic=-1");
    EXPECT_EQ(options.statistics, Statistics::Silent);
}

TEST(Options, AreTakenInAnyOrderAndForm) {
    const Options options =
        parse({"--memory=2G", "/k", "--initrd", "/i", "--append", "a b", "--stats", "--console=ttyS0"});
    EXPECT_EQ(options.kernel, "/k");
    EXPECT_EQ(options.initramfs, "/i");
    EXPECT_EQ(options.memory, 2 * kGiB);
    EXPECT_EQ(options.guest_command_line(), "console=hvc0 console=ttyS0 quiet loglevel=3 panic=-1 a b");
    EXPECT_EQ(options.statistics, Statistics::Printed);
    EXPECT_EQ(parse({"/k", "--command-line", "x", "--append=y"}).guest_command_line(), "x y");
    EXPECT_EQ(parse({"/k", "--command-line=", "--append=y"}).guest_command_line(), "y");
    EXPECT_EQ(parse({"/k", "--cpus", "64"}).processors, 64U);
    EXPECT_TRUE(parse({"--help"}).help);
}

TEST(Options, NameWhatIsWrong) {
    EXPECT_NE(complaint({}).find("no kernel"), std::string::npos);
    EXPECT_NE(complaint({"/k", "--bogus"}).find("--bogus"), std::string::npos);
    EXPECT_NE(complaint({"--bogus=1", "/k"}).find("--bogus=1"), std::string::npos);
    EXPECT_NE(complaint({"/k", "-x"}).find("-x"), std::string::npos);
    EXPECT_NE(complaint({"/k", "--initrd"}).find("--initrd needs a value"), std::string::npos);
    EXPECT_NE(complaint({"/k", "/l"}).find("/l"), std::string::npos);
    EXPECT_NE(complaint({"/k", "--memory", "many"}).find("many"), std::string::npos);
    EXPECT_NE(complaint({"/k", "--memory", "1M"}).find("too little"), std::string::npos);
    EXPECT_NE(complaint({"/k", "--memory", "131073K"}).find("pages of 4K"), std::string::npos);
    EXPECT_NE(complaint({"/k", "--memory", "600G"}).find("more than this machine has"), std::string::npos);
    for (const char* count : {"0", "65", "-1", "2x", "", "99999999999"}) {
        EXPECT_NE(complaint({"/k", "--cpus", count}).find("1 to 64"), std::string::npos) << count;
    }
    EXPECT_NE(complaint({"/k", "--console", "tty1"}).find("tty1"), std::string::npos);
    EXPECT_NE(complaint({"/k", "--stats=1"}).find("--stats=1"), std::string::npos);
}

TEST(Options, UnderstandSizes) {
    EXPECT_EQ(parse_size("64"), 64 * kMiB);
    EXPECT_EQ(parse_size("64K"), 64U * 1024);
    EXPECT_EQ(parse_size("64m"), 64 * kMiB);
    EXPECT_EQ(parse_size("3G"), 3 * kGiB);
    for (const char* text : {"", "G", "-1M", "1.5G", "1T", "1MB", " 1M", "99999999999999999999", "99999999999G"}) {
        EXPECT_FALSE(parse_size(text)) << text;
    }
}

TEST(EscapeFilter, FindsTheWayOut) {
    EscapeFilter filter;
    std::vector<std::byte> out;
    const auto pass = [&](std::string_view text) { return filter.pass(std::as_bytes(std::span(text)), out); };
    EXPECT_FALSE(pass("ab\x1d\x1d\x1dx"));
    const std::string_view expected = "ab\x1d\x1dx";
    EXPECT_EQ(out.size(), expected.size());
    EXPECT_FALSE(pass("\x1d")) << "the key may come later";
    EXPECT_TRUE(pass("q"));
}

}  // namespace
}  // namespace vmm
