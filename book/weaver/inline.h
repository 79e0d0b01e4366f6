// SPDX-License-Identifier: MIT
/// @file
/// @brief What stands inside a paragraph: code, emphasis, links, citations.
/// @chapter testing
#pragma once

#include <map>
#include <set>
#include <string>

#include "book/weaver/manuals.h"
#include "book/weaver/names.h"

namespace weaver {

/// Where the book cites what: for the indexes.
struct CitationUse {
    std::string page;   ///< with its anchor
    std::string label;  ///< a chapter's title, or file:line
};

class Inline {
   public:
    Inline(const Book& book, const Names& names, const Manuals& manuals, Problems& problems)
        : book_(book), names_(names), manuals_(manuals), problems_(problems) {}

    /// HTML of a paragraph's text. What does not resolve is a problem at `place`, and stays plain.
    std::string html_of(const std::string& text, const Place& place);
    /// The text as a reader reads it, without any marks: for the search and for anchors.
    static std::string plain(const std::string& text);

    /// The section that citations are counted for from now on.
    void set_section(const std::string& page, const std::string& label) { section_ = {page, label}; }
    /// Citations of the prose, by the anchor of the manual's entry.
    const std::map<std::string, std::vector<CitationUse>>& citations() const { return citations_; }
    /// A citation's link to its entry.
    std::string cite(const std::string& manual, const std::string& section, const Place& place);

   private:
    std::string code(const std::string& text, const Place& place);
    std::string link(const std::string& text, const std::string& target, const Place& place);

    const Book& book_;
    const Names& names_;
    const Manuals& manuals_;
    Problems& problems_;
    CitationUse section_;
    std::map<std::string, std::vector<CitationUse>> citations_;
};

}  // namespace weaver
