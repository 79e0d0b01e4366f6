// SPDX-License-Identifier: MIT
/// @file
/// @brief Pages of the site, and how they are handed to Doxygen.
/// @chapter testing
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "book/weaver/render.h"

namespace weaver {

struct Page {
    std::string name;   ///< of its file, without .html; `index` is the first page
    std::string title;  ///< plain text
    std::string body;   ///< HTML
    std::string css;    ///< a class for the page's kind
};

/// The table of contents that stands beside every page; the chapter of `current` shows its sections.
std::string sidebar(const Book& book, const Findings& findings, const std::string& current);

/// Links to the page before and the page after.
struct Neighbour {
    std::string url, title;
};
std::string steps(const Neighbour& before, const Neighbour& after);

/// The page as a file for Doxygen, which puts it into the site's frame.
std::string doxygen_page(const Page& page, const std::string& side);

/// The page in the frame that Doxygen uses, without Doxygen: for the pages of whole files.
std::string framed_page(const Page& page, const std::string& header, const std::string& footer);

}  // namespace weaver
