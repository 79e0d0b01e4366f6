// SPDX-License-Identifier: MIT
/// @file
/// @brief Wrong solutions, as students write them, and what each must lose.
/// @chapter testing
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "labs/lab.h"

namespace grading {

/// One file labs/NN-name/mutants/NAME:
///
///     # What the student did, and what comes of it.
///     loses BEHAVIOUR...
///     replace FILE: TEXT => TEXT
///
/// The first TEXT stands once in the file; both may go over several lines, up to the next `replace` or the end.
struct Mutant {
    struct Change {
        std::string file, from, to;
    };
    std::string name;
    std::string story;
    std::set<std::string> loses;
    std::vector<Change> changes;

    /// All of a lab, by name. @throws machine::Error naming what is out of form
    static std::vector<Mutant> of(const Lab& lab);

    /// Writes the lab's files, and what else is changed, below `folder`. Cheats change what is not the student's.
    /// @throws machine::Error where a text is not there once
    void write(const Lab& lab, const std::filesystem::path& folder) const;
};

}  // namespace grading
