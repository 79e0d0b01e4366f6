// SPDX-License-Identifier: MIT
/// @file
/// @brief Grades in the formats of others: well-formed, whatever a student's machine said.
/// @chapter testing
#include "labs/grade/formats.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "debugger-ui/rsp/error.h"
#include "tests/machine/child.h"

namespace grading {
namespace {

/// One behaviour earned, one lost with hostile words, one not graded.
Report report() {
    const auto behaviour = [](const char* name, unsigned points) {
        return Behaviour{.name = name, .points = points, .book = "pair#the-window", .text = "It holds."};
    };
    return {
        .lab = 2,
        .title = "The \"pair\"",
        .submission = ".",
        .seed = 7,
        .problem = {},
        .results = {
            {.behaviour = behaviour("walks", 10), .verdict = Verdict::Passed, .expected = {}, .seen = {}},
            {.behaviour = behaviour("maps", 15),
             .verdict = Verdict::Crash,
             .expected = "a < b && c",
             .seen = "\"\\\x01</failure>\xff"},
            {.behaviour = behaviour("order", 5), .verdict = Verdict::HarnessError, .expected = {}, .seen = "no QEMU"}}};
}

TEST(Formats, GradescopeGetsPointsAndReasons) {
    EXPECT_EQ(gradescope(report()), R"json({
  "output": "Lab 2. The \"pair\" (seed 7)",
  "tests": [
    {"name": "walks", "score": 10, "max_score": 10, "status": "passed",
     "output": "It holds."},
    {"name": "maps", "score": 0, "max_score": 15, "status": "failed",
     "output": "It holds.\u000acrash\u000aexpected: a < b && c\u000aseen: \"\\\u0001</failure>\u00ff\u000abook: pair#the-window"},
    {"name": "order", "score": 0, "max_score": 5, "status": "failed",
     "output": "It holds.\u000aharness-error\u000aseen: no QEMU\u000abook: pair#the-window"}
  ]
}
)json");
}

TEST(Formats, JunitTellsFailuresFromErrors) {
    const std::string text = junit(report());
    EXPECT_NE(text.find(R"(<testsuite name="lab 2" tests="3" failures="1" errors="1">)"), std::string::npos) << text;
    EXPECT_NE(text.find(R"(<testcase classname="lab2" name="walks" time="0.00"/>)"), std::string::npos) << text;
    EXPECT_NE(text.find(R"(<failure message="&quot;\?&lt;/failure&gt;?" type="crash">)"), std::string::npos) << text;
    EXPECT_NE(text.find(R"(<error message="no QEMU" type="harness-error">)"), std::string::npos) << text;
}

TEST(Formats, ClassroomGetsAStepsResult) {
    EXPECT_EQ(classroom(report()), R"json({"version": 1, "status": "error", "max_score": 30, "tests": [
  {"name": "walks", "status": "pass", "score": 10, "message": "It holds."},
  {"name": "maps", "status": "fail", "score": 0, "message": "It holds.\u000acrash\u000aexpected: a < b && c\u000aseen: \"\\\u0001</failure>\u00ff\u000abook: pair#the-window"},
  {"name": "order", "status": "error", "score": 0, "message": "It holds.\u000aharness-error\u000aseen: no QEMU\u000abook: pair#the-window"}
]}
)json");
}

/// Whether a report is of the form that labs/grade/report.schema.json describes.
bool is_valid(const std::string& json) {
    const machine::TemporaryDirectory scratch;
    write_file(scratch.path() / "report.json", json);
    const machine::File nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    machine::Child validator = machine::Child::start(
        {"/usr/bin/python3", "-m", "jsonschema", "-i", scratch.path() / "report.json", "labs/grade/report.schema.json"},
        {.input = nothing.get(), .output = nothing.get(), .errors = nothing.get()});
    const auto status = validator.wait(machine::Deadline(machine::Seconds(60)));
    if (status != 0 && status != 1)
        throw machine::Error("jsonschema ended with " + std::to_string(status.value_or(-1)));
    return status == 0;
}

TEST(Formats, EveryReportIsOfTheSchemasForm) {
    Report some = report();
    EXPECT_TRUE(is_valid(some.json())) << some.json();
    some.results.resize(1);
    EXPECT_TRUE(is_valid(some.json())) << some.json();
    some.complete = true;
    some.problem = "\"does\nnot\tbuild\xff";
    some.results.clear();
    EXPECT_TRUE(is_valid(some.json())) << some.json();
}

TEST(Formats, TheSchemaSeesWhatIsWrong) {
    std::string json = report().json();
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string changed = json;
        EXPECT_NE(changed.find(from), std::string::npos) << from;
        return changed.replace(changed.find(from), from.size(), to);
    };
    EXPECT_FALSE(is_valid(with("\"crash\"", "\"crashed\"")));
    EXPECT_FALSE(is_valid(with("\"seed\": 7,", "")));
    EXPECT_FALSE(is_valid(with("\"seed\"", "\"seeds\"")));
    EXPECT_FALSE(is_valid(with("\"earned\": 0, \"verdict\": \"crash\"", "\"earned\": 15, \"verdict\": \"crash\"")))
        << "points for what was lost";
}

TEST(Formats, AHarnessErrorIsNoGrade) {
    EXPECT_TRUE(report().has_harness_error());
    EXPECT_NE(report().json().find("\"graded\": false"), std::string::npos);
}

}  // namespace
}  // namespace grading
