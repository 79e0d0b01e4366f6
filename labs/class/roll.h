// SPDX-License-Identifier: MIT
/// @file
/// @brief The grades of a class: read from the students' JSON files, and written as a table and as a page.
/// @chapter testing
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "labs/lab.h"

namespace grading {

/// A behaviour's result, as the student's JSON file has it.
struct Mark {
    std::string verdict;
    unsigned earned;
    std::string expected, seen;
};

struct Student {
    std::string name;  ///< of the submission's folder: any bytes that a file's name may have
    /// By behaviour, in the roll's order. Nothing: that one has no result.
    std::vector<std::optional<Mark>> marks;
    unsigned seed = 0;
    std::string problem;     ///< why nothing could be run
    std::string not_graded;  ///< why this is no grade: the grader's or the computer's fault; empty where it is one
    unsigned earned = 0;
};

/// A class that did one lab.
struct Roll {
    Lab lab;
    std::vector<Behaviour> behaviours;  ///< those that were graded
    std::vector<Student> students;

    /// Reads OUT/grades/NAME.json for each of the names. `behaviours`: their names; empty: all.
    static Roll read(const Lab& lab, const std::vector<std::string>& names, const std::vector<std::string>& behaviours,
                     const std::filesystem::path& out);

    unsigned possible() const;
    /// A line for each student. Who is not graded has no points there, not 0.
    std::string csv() const;
    /// A page that needs no other file. It links to `grades/NAME.json` beside it.
    std::string html() const;
};

}  // namespace grading
