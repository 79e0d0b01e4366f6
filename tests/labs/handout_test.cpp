// SPDX-License-Identifier: MIT
/// @file
/// @brief Labs as texts: whole, handed out without a line of their solutions, and with mutants that fit the source.
/// @chapter testing
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "debugger-ui/rsp/error.h"
#include "debugger-ui/rsp/file.h"
#include "labs/handout/empty.h"
#include "labs/handout/handout.h"
#include "labs/mutant.h"

namespace grading {
namespace {

namespace fs = std::filesystem;

std::string without_margin(const std::string& line) {
    const std::size_t begin = line.find_first_not_of(" \t");
    return begin == std::string::npos ? "" : line.substr(begin);
}

/// Lines as they stand, and each with the one behind it.
struct Lines {
    std::set<std::string> single, twos;
};

/// Of every file of a tree.
Lines lines_of(const fs::path& tree) {
    Lines lines;
    for (const auto& entry : fs::recursive_directory_iterator(tree)) {
        if (entry.path().string().find("/.git/") != std::string::npos || !entry.is_regular_file()) continue;
        std::ifstream file(entry.path());
        std::string last;
        for (std::string line; std::getline(file, line); last = without_margin(line)) {
            lines.single.insert(without_margin(line));
            lines.twos.insert(last + "\n" + without_margin(line));
        }
    }
    return lines;
}

/// `chapter#section` of every section in the book.
std::set<std::string> sections_of_the_book() {
    std::set<std::string> all;
    for (const auto& entry : fs::directory_iterator("book/chapters")) {
        const std::string name = entry.path().stem();
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);) {
            if (!line.starts_with("## ") && !line.starts_with("### ")) continue;
            std::string section;
            for (const char c : line.substr(line.find(' ') + 1)) {
                if (std::isalnum(static_cast<unsigned char>(c))) section += static_cast<char>(std::tolower(c));
                if (c == ' ' || c == '-') section += '-';
            }
            all.insert(name.substr(name.find('-') + 1) + '#' + section);
        }
    }
    return all;
}

class EveryLab : public testing::TestWithParam<unsigned> {
   protected:
    const Lab lab = Lab::load(GetParam());
    const machine::TemporaryDirectory scratch;
};

TEST_P(EveryLab, IsWhole) {
    EXPECT_EQ(lab.points(), 100u);
    EXPECT_GT(lab.hours, 0u);
    const std::set<std::string> sections = sections_of_the_book();
    for (const Behaviour& behaviour : lab.behaviours) EXPECT_TRUE(sections.contains(behaviour.book)) << behaviour.book;
}

TEST_P(EveryLab, HandsOutNoLineOfTheSolution) {
    const fs::path tree = scratch.path() / "tree";
    make_handout(lab, tree);
    const Lines handed_out = lines_of(tree);
    std::set<std::string> elsewhere;
    for (const char* part : {"kernel", "debugger-ui", "tests"}) elsewhere.merge(lines_of(tree / part).single);
    for (const std::string& path : lab.files()) {
        const Emptied emptied = empty_bodies(path, read_file(path), lab.exercises_in(path), lab.number);
        EXPECT_EQ(read_file(tree / path), emptied.text);
        std::string last;
        for (const std::string& line : emptied.taken) {
            const std::string words = without_margin(line), two = last + "\n" + words;
            last = words;
            // A line that stands anywhere, like `return 0;`, tells nothing, nor does one that other code has as well.
            constexpr std::size_t kTelling = 24;
            if (words.size() > kTelling && !elsewhere.contains(words)) {
                EXPECT_FALSE(handed_out.single.contains(words)) << path << ": " << words;
            }
            if (words.size() > kTelling && two.size() > words.size() + kTelling) {
                EXPECT_FALSE(handed_out.twos.contains(two)) << path << ": " << two;
            }
        }
    }
    EXPECT_TRUE(fs::exists(tree / ".git"));
    const std::string text = read_file(tree / "LAB.md");
    for (const Behaviour& behaviour : lab.behaviours) EXPECT_NE(text.find(behaviour.name), std::string::npos);
    // What is there already is never written over.
    EXPECT_THROW(make_handout(lab, tree), machine::Error);
    EXPECT_EQ(read_file(tree / "LAB.md"), text);
}

TEST_P(EveryLab, HasTenMutantsAndCheats) {
    const std::vector<Mutant> mutants = Mutant::of(lab);
    unsigned cheats = 0;
    for (const Mutant& mutant : mutants) {
        cheats += mutant.name.starts_with("cheat-");
        EXPECT_NO_THROW(mutant.write(lab, scratch.path() / mutant.name)) << mutant.name;
    }
    EXPECT_GE(mutants.size() - cheats, 10u);
    EXPECT_GE(cheats, 3u);
    // Each behaviour is lost by somebody: one that nobody can lose grades nothing.
    for (const Behaviour& behaviour : lab.behaviours) {
        EXPECT_TRUE(std::any_of(mutants.begin(), mutants.end(), [&](const Mutant& each) {
            return each.loses.contains(behaviour.name);
        })) << behaviour.name;
    }
}

INSTANTIATE_TEST_SUITE_P(Labs, EveryLab, testing::ValuesIn(Lab::all()),
                         [](const auto& lab) { return "Lab" + std::to_string(lab.param); });

}  // namespace
}  // namespace grading
