// SPDX-License-Identifier: MIT
/// @file
/// @brief Code as HTML: true line numbers, colours, links, and marks where lines are shown elsewhere.
/// @chapter testing
#pragma once

#include <string>

#include "book/weaver/manuals.h"
#include "book/weaver/names.h"

namespace weaver {

class Listings {
   public:
    Listings(const Tree& tree, const Regions& regions, const Names& names, const Manuals& manuals)
        : tree_(tree), regions_(regions), names_(names), manuals_(manuals) {}

    /// What a directive shows, with its caption.
    std::string html_of(const Region& region) const;
    /// A whole file, each line numbered and leading to the chapter that shows it.
    std::string whole_file(const SourceFile& file) const;
    /// Code of the prose's own fences.
    static std::string plain(const Lines& lines, const std::string& language);

   private:
    enum class Anchors { EachDefinition, EachLine };
    /// Lines of a file with `drop` columns less indentation.
    std::string lines(const SourceFile& file, const Range& range, std::size_t drop, Anchors anchors) const;
    std::string line(const SourceFile& file, int number, const std::vector<struct Token>& tokens) const;
    std::string comment(const std::string& text) const;
    std::string elsewhere(const Region& region, const Piece& piece, std::size_t indent) const;

    const Tree& tree_;
    const Regions& regions_;
    const Names& names_;
    const Manuals& manuals_;
};

}  // namespace weaver
