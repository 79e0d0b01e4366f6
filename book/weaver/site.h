// SPDX-License-Identifier: MIT
/// @file
/// @brief Writing the woven book: pages for Doxygen, pages of whole files, scripts for the pictures, the page to print.
/// @chapter testing
#pragma once

#include <filesystem>

#include "book/weaver/indexes.h"

namespace weaver {

/// Chapters as they were rendered, by tag.
struct Bodies {
    std::map<std::string, std::string> chapters, answers;
};

/// Under `output`: pages/*.dox for Doxygen; html/source-*.html and html/search-data.js; screenshots/*.script; print/*.html.
void write_site(const std::filesystem::path& output, const Woven& woven, const Bodies& bodies, const Listings& listings,
                Problems& problems);

}  // namespace weaver
