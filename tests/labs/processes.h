// SPDX-License-Identifier: MIT
/// @file
/// @brief What other processes of this computer a test has left behind.
/// @chapter testing
#pragma once

#include <cctype>
#include <filesystem>
#include <string>

#include "labs/lab.h"

namespace grading {

/// How many processes of this computer have a word in their command lines.
inline unsigned processes_with(const std::string& word) {
    unsigned count = 0;
    for (const std::filesystem::directory_entry& entry : std::filesystem::directory_iterator("/proc")) {
        if (!std::isdigit(entry.path().filename().string()[0])) continue;
        try {
            count += read_file(entry.path() / "cmdline").find(word) != std::string::npos;
        } catch (const std::exception&) {
            // It has ended meanwhile.
        }
    }
    return count;
}

}  // namespace grading
