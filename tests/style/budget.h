// SPDX-License-Identifier: MIT
/// @file
/// @brief The parts of Twain whose size is limited, and how large they are.
/// @chapter testing
#pragma once

#include <string>
#include <vector>

#include "tests/style/source.h"

namespace style {

/// A part with a limit. The limits are the code lines of the seed system's own parts, which had one vendor, one console
/// and a patched guest.
struct Budget {
    std::string name;
    int limit;  ///< code lines
    std::vector<const Source*> files;

    int code_lines() const;
};

/// The kernel's code special to virtual machines, the VMM's main file, and the VMM's library.
std::vector<Budget> budgets(const std::vector<Source>& sources);

}  // namespace style
