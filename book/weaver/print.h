// SPDX-License-Identifier: MIT
/// @file
/// @brief The book on paper.
/// @chapter testing
#pragma once

#include <string>
#include <vector>

#include "book/weaver/pages.h"

namespace weaver {

struct Printed {
    /// Documents of some chapters each: two are printed at once, and Chromium needs more than twice as long for twice as much.
    /// What leads from one to another is for the binder.
    std::vector<std::string> sheets;
    std::string outline;  ///< lines `LEVEL PLACE TITLE`, for the binder
};

/// The cover, the contents, and `pages`, with the parts' titles where parts begin.
Printed print(const Book& book, const Findings& findings, const std::vector<Page>& pages);

}  // namespace weaver
