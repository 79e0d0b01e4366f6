// SPDX-License-Identifier: MIT
/// @file
/// @brief The project's form, as far as a program can tell: heads, sizes, layers, layout.
/// @chapter testing
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include "tests/style/budget.h"

namespace style {
namespace {

const std::vector<Source>& sources() {
    static const std::vector<Source> all = project_sources();
    return all;
}

TEST(Style, ReadsTheProject) { ASSERT_GT(sources().size(), 50u) << "run it from the top of the tree"; }

/// The tags of the book's chapters: the lines `NN-tag TITLE` of its contents, where NN may have a letter behind it.
const std::set<std::string>& chapters() {
    static const std::set<std::string> all = [] {
        std::set<std::string> tags;
        std::ifstream contents("book/contents");
        for (std::string word, rest; contents >> word && std::getline(contents, rest);) {
            const std::size_t dash = word.find('-');
            if (dash == 2 || dash == 3) tags.insert(word.substr(dash + 1));
        }
        return tags;
    }();
    return all;
}

TEST(Style, EveryFileOpensWithLicenceFileBriefAndChapter) {
    for (const Source& source : sources()) {
        std::string head;
        for (std::size_t at = 0; at < source.lines().size() && source.lines()[at].starts_with("//"); ++at) {
            head += source.lines()[at] + "\n";
        }
        const std::string where = source.path().string();
        EXPECT_TRUE(head.starts_with("// SPDX-License-Identifier: MIT\n/// @file\n/// @brief ")) << where;
        const std::size_t chapter = head.find("\n/// @chapter ");
        ASSERT_NE(chapter, std::string::npos) << where << " names no chapter";
        const std::size_t begin = chapter + 14;
        const std::string slug = head.substr(begin, head.find('\n', begin) - begin);
        EXPECT_TRUE(chapters().contains(slug)) << where << ": there is no chapter " << slug;
    }
}

TEST(Style, FilesHaveAtMost400Lines) {
    for (const Source& source : sources()) EXPECT_LE(source.lines().size(), 400u) << source.path();
}

TEST(Style, FunctionsHaveAtMost60Lines) {
    for (const Source& source : sources()) {
        for (const Function& function : source.functions()) {
            EXPECT_LE(function.lines(), 60) << source.path() << ":" << function.first_line << function.head;
        }
    }
}

TEST(Style, HeadersAreGuardedOnce) {
    for (const Source& source : sources()) {
        if (source.path().extension() != ".h") continue;
        std::size_t guards = 0;
        for (const std::string& line : source.lines()) guards += line == "#pragma once";
        EXPECT_EQ(guards, 1u) << source.path();
    }
}

/// Where a folder of the kernel stands; an include may point to the same height or further down.
const std::map<std::string, int>& kernel_layers() {
    static const std::map<std::string, int> layers{
        {"abi", 0}, {"lib", 0},  {"x86", 1},  {"sync", 2},    {"trace", 2}, {"mm", 3},      {"sched", 4},
        {"fs", 5},  {"proc", 6}, {"virt", 6}, {"drivers", 7}, {"debug", 8}, {"syscall", 8}, {"boot", 9}};
    return layers;
}

TEST(Style, IncludesOfTheKernelPointDown) {
    for (const Source& source : sources()) {
        auto part = source.path().begin();
        if (*part++ != "kernel" || std::distance(part, source.path().end()) < 2) continue;
        const std::string own = part->string();
        ASSERT_TRUE(kernel_layers().contains(own)) << "no layer is given for kernel/" << own;
        for (const std::string& include : source.includes()) {
            const std::string other = include.substr(0, include.find('/'));
            ASSERT_TRUE(kernel_layers().contains(other)) << source.path() << " includes " << include;
            EXPECT_LE(kernel_layers().at(other), kernel_layers().at(own)) << source.path() << " includes " << include;
        }
    }
}

TEST(Style, TheVmmSeesNothingOfTheKernelButItsAbi) {
    for (const Source& source : sources()) {
        if (*source.path().begin() != "vmm") continue;
        for (const std::string& include : source.includes()) {
            const bool own = include.find('/') == std::string::npos || include.starts_with("vmm/");
            EXPECT_TRUE(own || include.starts_with("kernel/abi/")) << source.path() << " includes " << include;
        }
    }
}

TEST(Style, TheDebuggerSeesOfTheKernelOnlyWhatCompilesAnywhere) {
    static const std::set<std::string> kLayouts{"x86/paging.h", "x86/trap_frame.h", "x86/apic_page.h",
                                                "x86/vmcb.h",   "x86/vmcs.h",       "x86/vmcs_fields.h"};
    for (const Source& source : sources()) {
        if (*source.path().begin() != "debugger-ui") continue;
        for (const std::string& include : source.includes()) {
            const bool shared =
                include.starts_with("abi/") || include.starts_with("lib/") || kLayouts.contains(include);
            EXPECT_TRUE(shared || include.starts_with("debugger-ui/")) << source.path() << " includes " << include;
        }
    }
}

TEST(Style, NobodyIncludesTests) {
    for (const Source& source : sources()) {
        if (*source.path().begin() == "tests" || *source.path().begin() == "labs") continue;
        for (const std::string& include : source.includes()) {
            EXPECT_FALSE(include.starts_with("tests/")) << source.path() << " includes " << include;
        }
    }
}

TEST(Style, LimitedPartsKeepTheirLimits) {
    for (const Budget& budget : budgets(sources())) {
        EXPECT_FALSE(budget.files.empty()) << budget.name;
        EXPECT_LE(budget.code_lines(), budget.limit) << budget.name;
    }
}

TEST(Style, EveryFileHasTheFormThatClangFormatGives) {
    std::string command = "clang-format --dry-run -Werror";
    for (const Source& source : sources()) {
        if (source.path().extension() != ".S") command += " '" + source.path().string() + "'";
    }
    FILE* output = ::popen((command + " 2>&1").c_str(), "r");
    ASSERT_NE(output, nullptr);
    std::set<std::string> files;
    for (char line[1024]; std::fgets(line, sizeof(line), output);) {
        const std::string text = line;
        if (text.find("clang-formatted") != std::string::npos) files.insert(text.substr(0, text.find(':')));
    }
    const int status = ::pclose(output);
    EXPECT_EQ(files, std::set<std::string>{}) << "make format brings them into form";
    EXPECT_EQ(status != 0, !files.empty()) << "clang-format itself failed";
}

}  // namespace
}  // namespace style
