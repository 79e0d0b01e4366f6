// SPDX-License-Identifier: MIT
/// @file
/// @brief The generated pages: contents, parts, map, files, citations, exercises, sources; and the search's data.
/// @chapter testing
#pragma once

#include "book/weaver/coverage.h"
#include "book/weaver/pages.h"

namespace weaver {

/// What the indexes are made from.
struct Woven {
    const Tree& tree;
    const Book& book;
    const Definitions& definitions;
    const Regions& regions;
    const Names& names;
    const Manuals& manuals;
    Inline& inlines;
    const Findings& findings;
};

Page contents_page(const Woven& woven);
Page part_page(const Woven& woven, std::size_t part);
/// The drawing book/site/map.svg, whose links `@tag` lead to chapters.
Page map_page(const Woven& woven, Problems& problems);
Page files_page(const Woven& woven);
/// Who cites a manual, section by section.
Page citations_page(const Woven& woven, const std::string& manual, const std::string& name);
Page exercises_page(const Woven& woven);
Page sources_page(const Woven& woven);
Page manuals_page(const Woven& woven);
/// book/glossary.md: a list of `- **word** meaning`, sorted; each with an anchor.
Page glossary_page(const Woven& woven, Problems& problems);

/// A script that gives the search its passages and symbols.
std::string search_data(const Woven& woven);

}  // namespace weaver
