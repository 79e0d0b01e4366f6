// SPDX-License-Identifier: MIT
/// @file
/// @brief Takes the bodies out of functions.
/// @chapter testing
#pragma once

#include <string>
#include <vector>

#include "labs/lab.h"

namespace grading {

/// A source file without its solutions, and the lines that were taken out of it.
struct Emptied {
    std::string text;
    std::vector<std::string> taken;
};

/// Puts in place of each body a panic that says what the function must do. The exercises are those of one file.
/// @throws machine::Error naming an exercise that no function of the file is
Emptied empty_bodies(const std::string& path, const std::string& text, const std::vector<Exercise>& exercises,
                     unsigned lab);

}  // namespace grading
