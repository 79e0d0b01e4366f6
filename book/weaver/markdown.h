// SPDX-License-Identifier: MIT
/// @file
/// @brief The Markdown of the book, cut into blocks.
/// @chapter testing
///
/// Headings, paragraphs, lists (nested by indentation), tables, quotes, fences, pictures, and the weaver's own directives,
/// each alone on its line. What stands inside a paragraph is the business of inline.h.
#pragma once

#include <string>
#include <vector>

#include "book/weaver/text.h"

namespace weaver {

struct Block {
    enum class Kind { Heading, Paragraph, List, Table, Quote, Fence, Directive, Picture };

    Kind kind = Kind::Paragraph;
    int line = 0;   ///< of the file, where the block begins
    int level = 0;  ///< of a heading, 1 .. 4
    std::string
        text;     ///< of a heading or paragraph; a fence's words behind the marks; a directive's between the braces
    Lines lines;  ///< a fence's body; a table's rows
    bool ordered = false;
    int first_number = 1;                   ///< of an ordered list
    std::vector<std::vector<Block>> items;  ///< of a list; a quote has one
    std::string target;                     ///< of a picture, whose caption is `text`
};

std::vector<Block> parse_markdown(std::string_view text);

/// The first word of a fence, as `transcript`.
std::string fence_kind(const Block& fence);
/// What stands behind it.
std::string fence_rest(const Block& fence);

}  // namespace weaver
