// SPDX-License-Identifier: MIT
/// @file
/// @brief Grades in the formats of others: well-formed, whatever a student's machine said.
/// @chapter testing
#include "labs/grade/formats.h"

#include <gtest/gtest.h>

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

TEST(Formats, AHarnessErrorIsNoGrade) {
    EXPECT_TRUE(report().has_harness_error());
    EXPECT_NE(report().json().find("\"graded\": false"), std::string::npos);
}

}  // namespace
}  // namespace grading
