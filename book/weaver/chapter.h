// SPDX-License-Identifier: MIT
/// @file
/// @brief The book as its authors wrote it: parts, and chapters as blocks.
/// @chapter testing
#pragma once

#include <string>
#include <vector>

#include "book/weaver/markdown.h"
#include "book/weaver/problems.h"

namespace weaver {

struct Chapter {
    std::string stem;  ///< `04-pair`: of the files chapters/04-pair.md and answers/04-pair.md
    std::string tag;   ///< `pair`: what sources name in `@chapter`
    int number = 0;    ///< 0 is the preface, which is not counted
    int part = 0;      ///< its place among the parts
    bool written = false;
    std::string title;
    std::vector<Block> blocks;   ///< without the title
    std::vector<Block> answers;  ///< of the answers' file; empty where there is none

    std::string path() const { return "book/chapters/" + stem + ".md"; }
    std::string answers_path() const { return "book/answers/" + stem + ".md"; }
    /// `Chapter 4: Title`, or the title alone.
    std::string full_title() const;
};

struct Part {
    std::string number;  ///< Roman
    std::string title;
};

struct Book {
    std::vector<Part> parts;
    std::vector<Chapter> chapters;

    /// Reads book/contents and the chapters that it names; what is missing or out of form goes to the problems, except for
    /// chapters that are not written at all. @throws std::runtime_error where there is no table of contents
    static Book read(Problems& problems);

    const Chapter* find(const std::string& tag) const;
};

/// The list of exercises of a chapter: the ordered list under `## Exercises`. Null where there is none.
const Block* exercises_of(const Chapter& chapter);

}  // namespace weaver
