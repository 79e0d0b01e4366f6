// SPDX-License-Identifier: MIT
/// @file
/// @brief Grades one submission of one lab.
/// @chapter testing
#pragma once

#include <functional>

#include "labs/grade/report.h"

namespace grading {

struct Order {
    unsigned lab = 0;
    std::filesystem::path submission = ".";
    std::vector<std::string> behaviours;  ///< their names; empty: all
    unsigned seed = 0;
};

/// Builds the submission and checks the behaviours one after another. `so_far` is called with each new result.
/// @throws machine::Error where the lab, or the behaviour, does not exist
Report grade(const Order& order, const std::function<void(const Report&)>& so_far);

}  // namespace grading
