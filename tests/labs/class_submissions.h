// SPDX-License-Identifier: MIT
/// @file
/// @brief A class of sixty: honest, mistaken, unlucky and hostile, with what each must get.
/// @chapter testing
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "labs/lab.h"

namespace grading {

/// The behaviours that the class is graded on: quick ones, which mutants of several kinds lose.
inline const std::vector<std::string> kClassBehaviours{"counts", "runs-out"};

/// What a submission must get.
struct Expected {
    std::string name;                             ///< of its folder
    std::map<std::string, std::string> verdicts;  ///< by behaviour; of a broken build, its verdict for each
    std::string problem;  ///< a regular expression that the message must match; empty: none may come
};

/// Writes the first lab's submissions, a folder each, below `folder`, and says what each must get.
std::vector<Expected> write_class(const Lab& lab, const std::filesystem::path& folder);

}  // namespace grading
