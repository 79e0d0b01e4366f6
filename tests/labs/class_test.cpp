// SPDX-License-Identifier: MIT
/// @file
/// @brief A class of sixty is graded: each gets what it should, whatever happens meanwhile, and nothing is left of any.
/// @chapter testing
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <regex>
#include <sstream>

#include "debugger-ui/rsp/error.h"
#include "debugger-ui/rsp/file.h"
#include "labs/class/json.h"
#include "labs/class/roll.h"
#include "tests/labs/class_submissions.h"
#include "tests/labs/processes.h"
#include "tests/machine/child.h"
#include "tests/machine/machine.h"

namespace grading {
namespace {

namespace fs = std::filesystem;

/// Starts a program with what it says in a file.
machine::Child start(const std::vector<std::string>& command, const fs::path& said) {
    const machine::File nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const machine::File file(::open(said.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
    return machine::Child::start(command, {.input = nothing.get(), .output = file.get(), .errors = file.get()});
}

machine::ExitStatus run(const std::vector<std::string>& command, const fs::path& said, double seconds) {
    machine::Child child = start(command, said);
    return child.wait(machine::Deadline(machine::Seconds(seconds))).value_or(-1);
}

std::vector<std::string> class_command(const fs::path& submissions, const fs::path& out) {
    std::vector<std::string> command{"labs/class/grade-class", "1", submissions.string(), out.string()};
    command.insert(command.end(), kClassBehaviours.begin(), kClassBehaviours.end());
    return command;
}

/// The submissions that have a whole grade, and when it was written.
std::map<std::string, fs::file_time_type> graded(const fs::path& out) {
    std::map<std::string, fs::file_time_type> times;
    if (!fs::exists(out / "grades")) return times;
    for (const fs::directory_entry& entry : fs::directory_iterator(out / "grades")) {
        if (entry.path().extension() != ".json") continue;
        if (read_file(entry).find("\"complete\": true") != std::string::npos)
            times[entry.path().stem()] = entry.last_write_time();
    }
    return times;
}

/// The lines of a class's table that begin with a name, in order.
std::string rows(const fs::path& out, const std::vector<std::string>& names) {
    std::istringstream table(read_file(out / "class.csv"));
    std::string text;
    for (std::string line; std::getline(table, line);) {
        for (const std::string& name : names) {
            if (line.starts_with(name + ",")) text += line + "\n";
        }
    }
    return text;
}

class Class : public testing::Test {
   protected:
    Class() {
        fs::create_directories(temporary());
        ::setenv("TMPDIR", temporary().c_str(), 1);
        ::setenv("SEED", "20151001", 1);
    }
    ~Class() override {
        ::unsetenv("TMPDIR");
        ::unsetenv("SEED");
        ::unsetenv("JOBS");
    }
    fs::path temporary() const { return scratch_.path() / "t"; }
    fs::path submissions() const { return scratch_.path() / "submissions"; }
    fs::path out() const { return scratch_.path() / "out"; }
    fs::path said() const { return scratch_.path() / "said"; }
    std::string what_was_said() const { return fs::exists(said()) ? read_file(said()) : ""; }

    /// Nothing runs any more, and no file is left.
    void expect_nothing_left() const {
        const machine::Deadline deadline(machine::Seconds(10));
        while (processes_with(scratch_.path().filename().string()) != 0) ASSERT_FALSE(deadline.has_passed());
        EXPECT_TRUE(fs::is_empty(temporary())) << fs::directory_iterator(temporary())->path();
    }
    void expect(const Expected& expected) const {
        const fs::path file = out() / "grades" / (expected.name + ".json");
        ASSERT_TRUE(fs::exists(file)) << expected.name << "\n" << what_was_said();
        const std::string text = read_file(file);
        const Json report = Json::parse(text);
        EXPECT_TRUE(report["complete"].truth() && report["graded"].truth()) << expected.name << text;
        const std::string problem = report["problem"].text();
        if (expected.problem.empty()) {
            EXPECT_EQ(problem, "") << expected.name;
        } else {
            EXPECT_TRUE(std::regex_search(problem, std::regex(expected.problem))) << expected.name << ": " << problem;
            EXPECT_EQ(problem.find('\n'), std::string::npos) << expected.name << ": " << problem;
        }
        ASSERT_EQ(report["behaviours"].list().size(), expected.verdicts.size()) << expected.name << text;
        for (const Json& each : report["behaviours"].list()) {
            const std::string verdict = each["verdict"].text(), wanted = expected.verdicts.at(each["name"].text());
            EXPECT_TRUE(wanted == "lost" ? verdict != "passed" : verdict == wanted) << expected.name << text;
            EXPECT_EQ(each["earned"].number(), wanted == "passed" ? each["points"].number() : 0) << expected.name;
        }
    }

    machine::TemporaryDirectory scratch_;
    const Lab lab_ = Lab::load(1);
};

TEST_F(Class, OfSixtyGetsWhatItShouldThoughInterrupted) {
    const std::vector<Expected> expected = write_class(lab_, submissions());
    ASSERT_GE(expected.size(), 60u);
    {
        machine::Child first = start(class_command(submissions(), out()), said());
        // A deadline that only a computer which does nothing else for us would miss.
        for (const machine::Deadline deadline{machine::Seconds(300)}; graded(out()).size() < expected.size() / 3;) {
            ASSERT_FALSE(deadline.has_passed() || first.has_ended()) << what_was_said();
            ::usleep(50'000);
        }
        // Ctrl-C.
        ::kill(-first.pid(), SIGINT);
        ASSERT_TRUE(first.wait(machine::Deadline(machine::Seconds(60)))) << what_was_said();
    }
    expect_nothing_left();
    const auto before = graded(out());
    ASSERT_LT(before.size(), expected.size());
    EXPECT_EQ(run(class_command(submissions(), out()), said(), 900), 0) << what_was_said();
    expect_nothing_left();
    const auto after = graded(out());
    for (const auto& [name, time] : before) EXPECT_EQ(after.at(name), time) << name << " was graded again";

    for (const Expected& each : expected) expect(each);
    EXPECT_FALSE(fs::exists("pwned"));
    // No line of the solution is in what students get to see.
    const std::string page = read_file(out() / "report.html");
    EXPECT_EQ(page.find("order_of_block"), std::string::npos);
    EXPECT_EQ(page.find("<img"), std::string::npos);
    EXPECT_EQ(page.find("http"), std::string::npos) << "the page needs another file";
    EXPECT_EQ(page.find("id=not-graded"), std::string::npos);
    EXPECT_NE(
        page.find(std::to_string(expected.size()) + " submissions, " + std::to_string(expected.size()) + " graded"),
        std::string::npos);
    // Nothing of what a submission could have read is in its grade.
    for (const char* name : {"includes-the-reference", "includes-a-neighbour", "includes-a-password-file", "link"})
        EXPECT_EQ(read_file(out() / "grades" / (std::string(name) + ".json")).find("root:"), std::string::npos) << name;
}

TEST_F(Class, HasTheSameScoresAtOneAndAtEight) {
    write_class(lab_, scratch_.path() / "all");
    const std::vector<std::string> some{"reference",
                                        "handout",
                                        "does-not-count",
                                        "hangs",
                                        "loses-the-upper-half",
                                        "cheat-bump",
                                        "has-looks-at-one-order",
                                        "syntax-error"};
    fs::create_directory(submissions());
    for (const std::string& name : some) fs::rename(scratch_.path() / "all" / name, submissions() / name);
    std::string tables[2];
    for (const auto& [jobs, table] : {std::pair{"1", &tables[0]}, std::pair{"8", &tables[1]}}) {
        ::setenv("JOBS", jobs, 1);
        fs::remove_all(out());
        EXPECT_EQ(run(class_command(submissions(), out()), said(), 600), 0) << what_was_said();
        *table = read_file(out() / "class.csv");
        EXPECT_EQ(std::count(table->begin(), table->end(), '\n'), 9);
    }
    EXPECT_EQ(tables[0], tables[1]);
    EXPECT_NE(rows(out(), {"reference"}).find(",yes,10,10,"), std::string::npos) << tables[1];
    expect_nothing_left();
}

TEST_F(Class, HasTheSameScoresInTenRuns) {
    write_class(lab_, submissions());
    for (const char* name : {"reference", "does-not-count"}) {
        const fs::path json = scratch_.path() / "grade.json";
        std::vector<std::string> command{machine::build_directory() + "/grade",
                                         "--lab",
                                         "1",
                                         "--submission",
                                         (submissions() / name).string(),
                                         "--seed",
                                         "20151001",
                                         "--json",
                                         json.string()};
        for (int i = 0; i < 10; ++i) command.insert(command.end(), {"--behaviour", "counts"});
        EXPECT_EQ(run(command, said(), 600), std::string(name) == "reference" ? 0 : 1) << what_was_said();
        const Json report = Json::parse(read_file(json));
        const Json::List& runs = report["behaviours"].list();
        ASSERT_EQ(runs.size(), 10u);
        for (const Json& each : runs) {
            EXPECT_EQ(each["verdict"].text(), runs[0]["verdict"].text());
            EXPECT_EQ(each["seen"].text(), runs[0]["seen"].text());
        }
    }
}

/// A grader that fails for everybody, first; and at the second try only for one.
constexpr const char* kFailingGrader = R"sh(#!/bin/sh
while [ $# -gt 0 ]; do case $1 in --submission) name=${2##*/} ;; --json) json=$2 ;; esac; shift; done
echo "$name" >>"$TRIES"
result() { printf '{"lab": 1, "seed": 1, "complete": true, "graded": %s, "problem": "",\n  "earned": %s,\n  "possible": 5,\n"behaviours": [
{"name": "counts", "earned": %s, "verdict": "%s", "expected": "", "seen": "%s"}]}' "$@" >"$json"; }
[ "$name" != killed ] || kill -9 $$
if [ "$name" = unlucky ] || [ "$(grep -c "^$name$" "$TRIES")" = 1 ]; then
    result false 0 0 harness-error 'no QEMU & no <more>'
    exit 2
fi
result true 5 5 passed ''
)sh";

TEST_F(Class, AHarnessErrorIsTriedAgainAndNeverZero) {
    const fs::path tries = scratch_.path() / "tries", build = scratch_.path() / "build";
    for (const char* name : {"lucky", "unlucky", "killed"}) fs::create_directories(submissions() / name);
    fs::create_directories(build);
    write_file(build / "grade", kFailingGrader);
    fs::permissions(build / "grade", fs::perms::owner_all);
    fs::create_symlink(fs::absolute(machine::build_directory() + "/class-roll"), build / "class-roll");
    const std::string old = machine::build_directory();
    ::setenv("BUILD", build.c_str(), 1);
    ::setenv("TRIES", tries.c_str(), 1);
    const auto status =
        run({"labs/class/grade-class", "1", submissions().string(), out().string(), "counts"}, said(), 120);
    ::setenv("BUILD", old.c_str(), 1);
    EXPECT_EQ(status, 2) << what_was_said();
    const std::string tried = read_file(tries);
    for (const char* name : {"lucky", "unlucky", "killed"}) {
        const std::regex word("(^|\n)" + std::string(name) + "(?=\n)");
        EXPECT_EQ(std::distance(std::sregex_iterator(tried.begin(), tried.end(), word), std::sregex_iterator()), 2)
            << name;
    }
    EXPECT_NE(rows(out(), {"lucky"}).find("lucky,yes,5,5,5,1,"), std::string::npos) << read_file(out() / "class.csv");
    EXPECT_NE(rows(out(), {"unlucky"}).find("unlucky,no,,5,,1,no QEMU & no <more>"), std::string::npos)
        << read_file(out() / "class.csv");
    EXPECT_NE(rows(out(), {"killed"}).find("killed,no,,5,,0,"), std::string::npos);
    const std::string page = read_file(out() / "report.html");
    EXPECT_NE(page.find("3 submissions, 1 graded"), std::string::npos);
    EXPECT_NE(page.find("</a>: no QEMU &amp; no &lt;more&gt;</li>"), std::string::npos) << page;
}

}  // namespace
}  // namespace grading
