// SPDX-License-Identifier: MIT
/// @file
/// @brief The grader graded: the reference earns all, an empty handout nothing, and every mutant loses just what it should.
/// @chapter testing
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "debugger-ui/rsp/file.h"
#include "labs/grade/grade.h"
#include "labs/handout/empty.h"
#include "labs/handout/handout.h"
#include "labs/mutant.h"

namespace grading {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kSeed = 20151001;

Report grade_folder(const Lab& lab, const fs::path& folder) {
    const Report report =
        grade({.lab = lab.number, .submission = folder, .behaviours = {}, .seed = kSeed}, [](const Report&) {});
    EXPECT_TRUE(report.complete);
    EXPECT_FALSE(report.has_harness_error()) << report.json();
    return report;
}

class EveryLab : public testing::TestWithParam<unsigned> {
   protected:
    Lab lab = Lab::load(GetParam());
    machine::TemporaryDirectory scratch;
};

TEST_P(EveryLab, IsWhole) {
    EXPECT_EQ(lab.points(), 100u);
    EXPECT_GE(Mutant::of(lab).size(), 10u);
    for (const Behaviour& behaviour : lab.behaviours) EXPECT_NE(behaviour.book.find('#'), std::string::npos);
}

TEST_P(EveryLab, GivesTheReferenceAllPoints) {
    const Report report = grade_folder(lab, ".");
    EXPECT_EQ(report.earned(), lab.points()) << report.json();
}

TEST_P(EveryLab, HandsOutNoLineOfTheSolution) {
    const fs::path tree = scratch.path() / "tree";
    make_handout(lab, tree);
    std::set<std::string> handed_out;
    for (const auto& entry : fs::recursive_directory_iterator(tree)) {
        if (entry.path().string().find("/.git/") != std::string::npos || !entry.is_regular_file()) continue;
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);)
            handed_out.insert(line.substr(std::min(line.find_first_not_of(" \t"), line.size())));
    }
    for (const std::string& path : lab.files()) {
        std::vector<Exercise> exercises;
        for (const Exercise& each : lab.exercises) {
            if (each.file == path) exercises.push_back(each);
        }
        for (const std::string& line : empty_bodies(path, read_file(path), exercises, lab.number).taken) {
            const std::string words = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
            // A line that stands anywhere, like `return 0;`, tells nothing.
            if (words.size() <= 24) continue;
            EXPECT_FALSE(handed_out.contains(words)) << path << ": " << words;
        }
    }
    EXPECT_TRUE(fs::exists(tree / ".git"));
    EXPECT_TRUE(fs::exists(tree / "LAB.md"));
    const Report report = grade_folder(lab, tree);
    EXPECT_EQ(report.earned(), 0u) << report.json();
    EXPECT_EQ(report.problem, "") << "a handout compiles";
}

TEST_P(EveryLab, KillsEveryMutant) {
    std::printf("  lab %u: what each mutant loses\n", lab.number);
    for (const Mutant& mutant : Mutant::of(lab)) {
        const machine::TemporaryDirectory folder;
        mutant.write(lab, folder.path());
        const Report report = grade_folder(lab, folder.path());
        EXPECT_EQ(report.problem, "") << mutant.name << " does not compile";
        std::set<std::string> lost;
        std::string row;
        for (const Result& result : report.results) {
            if (result.verdict == Verdict::Passed) continue;
            lost.insert(result.behaviour.name);
            row += " " + result.behaviour.name +
                   (result.verdict == Verdict::Wrong ? "" : std::string("(") + word_of(result.verdict) + ")");
        }
        EXPECT_EQ(lost, mutant.loses) << mutant.name << ": " << report.json();
        std::printf("    %-36s%s\n", mutant.name.c_str(), row.c_str());
        std::fflush(stdout);
    }
}

INSTANTIATE_TEST_SUITE_P(Labs, EveryLab, testing::ValuesIn(Lab::all()),
                         [](const auto& lab) { return "Lab" + std::to_string(lab.param); });

}  // namespace
}  // namespace grading
