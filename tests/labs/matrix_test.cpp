// SPDX-License-Identifier: MIT
/// @file
/// @brief The grader graded: the reference earns all, an empty handout nothing, and every mutant loses just what it should.
/// @chapter testing
#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <regex>
#include <set>
#include <thread>

#include "debugger-ui/rsp/file.h"
#include "labs/handout/handout.h"
#include "labs/mutant.h"
#include "tests/machine/child.h"
#include "tests/machine/machine.h"

namespace grading {
namespace {

namespace fs = std::filesystem;

/// The grader's verdicts by behaviour, and all that it wrote.
struct Grade {
    std::map<std::string, std::string> verdicts;
    std::string json;

    std::set<std::string> lost() const {
        std::set<std::string> names;
        for (const auto& [name, verdict] : verdicts) {
            if (verdict != "passed") names.insert(name);
        }
        return names;
    }
};

/// Grades as a person does, by the program.
Grade grade(const Lab& lab, const fs::path& submission) {
    const machine::TemporaryDirectory scratch;
    const fs::path json = scratch.path() / "grade.json";
    const machine::File nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    machine::Child grader = machine::Child::start(
        {machine::build_directory() + "/grade", "--lab", std::to_string(lab.number), "--submission",
         fs::absolute(submission).string(), "--seed", "20151001", "--json", json.string()},
        {.input = nothing.get(), .output = nothing.get(), .errors = nothing.get()});
    Grade result;
    if (!grader.wait(machine::Deadline(machine::Seconds(300)))) return result;
    result.json = read_file(json);
    static const std::regex pattern(R"re("name": "([^"]*)".*"verdict": "([^"]*)")re");
    for (std::sregex_iterator at(result.json.begin(), result.json.end(), pattern), end; at != end; ++at)
        result.verdicts[(*at)[1]] = (*at)[2];
    return result;
}

/// A row of the kill matrix.
struct Row {
    std::string name;
    fs::path submission;
    std::set<std::string> loses;
    Grade grade{};
};

void print(const Row& row) {
    std::string lost;
    for (const auto& [name, verdict] : row.grade.verdicts) {
        if (verdict != "passed") lost += " " + name + (verdict == "wrong" ? "" : "(" + verdict + ")");
    }
    std::printf("    %-32s%s\n", row.name.c_str(), lost.empty() ? " loses nothing" : lost.c_str());
    std::fflush(stdout);
}

/// Grades all rows, as many at once as there are processors.
void grade_all(const Lab& lab, std::vector<Row>& rows) {
    std::atomic<std::size_t> next = 0;
    std::mutex printing;
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
        workers.emplace_back([&] {
            for (std::size_t row = next++; row < rows.size(); row = next++) {
                rows[row].grade = grade(lab, rows[row].submission);
                const std::lock_guard guard(printing);
                print(rows[row]);
            }
        });
    }
    for (std::thread& worker : workers) worker.join();
}

class EveryLab : public testing::TestWithParam<unsigned> {};

TEST_P(EveryLab, KillsEveryMutant) {
    const Lab lab = Lab::load(GetParam());
    const machine::TemporaryDirectory scratch;
    make_handout(lab, scratch.path() / "handout");
    std::set<std::string> all;
    for (const Behaviour& behaviour : lab.behaviours) all.insert(behaviour.name);
    std::vector<Row> rows{{.name = "the reference", .submission = ".", .loses = {}},
                          {.name = "the handout", .submission = scratch.path() / "handout", .loses = all}};
    for (const Mutant& mutant : Mutant::of(lab)) {
        mutant.write(lab, scratch.path() / mutant.name);
        rows.push_back({.name = mutant.name, .submission = scratch.path() / mutant.name, .loses = mutant.loses});
    }
    std::printf("  Lab %u, %s: what each submission loses\n", lab.number, lab.title.c_str());
    grade_all(lab, rows);
    unsigned right = 0;
    for (const Row& row : rows) {
        EXPECT_EQ(row.grade.verdicts.size(), all.size()) << row.name << ": " << row.grade.json;
        EXPECT_EQ(row.grade.json.find("harness-error"), std::string::npos) << row.name << ": " << row.grade.json;
        EXPECT_EQ(row.grade.json.find("does-not-build"), std::string::npos) << row.name << ": " << row.grade.json;
        EXPECT_EQ(row.grade.lost(), row.loses) << row.name << ": " << row.grade.json;
        right += row.grade.lost() == row.loses;
    }
    std::printf("  %u of %zu lose just what they should\n", right, rows.size());
    // An empty function says so, and nothing comes before it.
    for (const auto& [name, verdict] : rows[1].grade.verdicts) EXPECT_EQ(verdict, "crash") << name;
}

INSTANTIATE_TEST_SUITE_P(Labs, EveryLab, testing::ValuesIn(Lab::all()),
                         [](const auto& lab) { return "Lab" + std::to_string(lab.param); });

}  // namespace
}  // namespace grading
