// SPDX-License-Identifier: MIT
/// @file
/// @brief Grades as the programs that schools use want them.
/// @chapter testing
#pragma once

#include "labs/grade/report.h"

namespace grading {

/// Text between the quotes of a JSON string.
std::string json_escaped(const std::string& text);

/// Gradescope's results.json. Not for a report with a harness error: without a file Gradescope says that the autograder failed, and
/// no one gets 0 points for that.
std::string gradescope(const Report& report);

/// What the reporter of GitHub Classroom's workflows takes from a step (in base64): a step's word for a harness error is `error`.
std::string classroom(const Report& report);

/// JUnit's XML, which most build servers read: what was lost is a failure, a harness error an error.
std::string junit(const Report& report);

}  // namespace grading
