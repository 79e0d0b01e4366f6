// SPDX-License-Identifier: MIT
/// @file
/// @brief A grade for people and for programs, written anew after every behaviour.
/// @chapter testing
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "labs/grade/verdict.h"

namespace grading {

/// What is known of a submission's grade so far. A run that is ended in the middle leaves the points that it had given.
struct Report {
    unsigned lab;
    std::string title;
    std::string submission;  ///< where it came from
    unsigned seed;
    std::string problem;  ///< why nothing could be graded: does not build, or the harness's own; empty
    std::vector<Result> results;
    bool complete = false;  ///< every behaviour asked for has a result

    unsigned earned() const;
    unsigned possible() const;
    /// Whether a behaviour could not be graded; the score then says less than it should.
    bool has_harness_error() const;

    /// By the schema labs/grade/report.schema.json.
    std::string json() const;
};

/// The lines that a person sees of the report's last result.
std::string describe_last(const Report& report);

}  // namespace grading
