// SPDX-License-Identifier: MIT
/// @file
/// @brief The promise of the book: every non-blank line of kernel/ and vmm/ is shown, once.
/// @chapter testing
#pragma once

#include "book/weaver/regions.h"

namespace weaver {

struct Coverage {
    int lines = 0;  ///< non-blank lines of woven files
    int shown = 0;
    /// Runs of lines that no chapter shows, by file.
    std::map<std::string, std::vector<Range>> missing;

    bool complete() const { return shown == lines; }
    /// Never rounded up: 99.9 is not all.
    std::string percentage() const;
};

Coverage measure(const Tree& tree, const Regions& regions);

/// `path:12-15 18`: what is missing of a file.
std::string missing_line(const std::string& path, const std::vector<Range>& ranges, const Tree& tree);

}  // namespace weaver
