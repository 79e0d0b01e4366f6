// SPDX-License-Identifier: MIT
/// @file
/// @brief The gates that no single page can check: tags, citations of sources, exercises and their answers.
/// @chapter testing
#pragma once

#include "book/weaver/manuals.h"
#include "book/weaver/regions.h"

namespace weaver {

/// Every `@chapter` of a woven file names a chapter, and that chapter, once it is written, shows something of the file.
void check_chapter_tags(const Tree& tree, const Book& book, const Regions& regions, Problems& problems);

/// Every @sdm, @apm and @spec of any source has its entry among the pinned manuals.
void check_citations(const Tree& tree, const Manuals& manuals, Problems& problems);

/// Every chapter has at least three exercises, numbered from 1, and its answers have the same numbers. Only the preface may
/// do without.
void check_exercises(const Book& book, Problems& problems);

}  // namespace weaver
