// SPDX-License-Identifier: MIT
/// @file
/// @brief A chapter's blocks as HTML.
/// @chapter testing
#pragma once

#include <set>
#include <string>
#include <vector>

#include "book/weaver/inline.h"
#include "book/weaver/listing.h"

namespace weaver {

/// What the search finds: a section's prose.
struct Passage {
    std::string url, chapter, heading, text;
};

struct Heading {
    int level;
    std::string id, text;  ///< text is HTML
};

/// What was met while rendering, for the indexes and the pages' own contents.
struct Findings {
    std::vector<Passage> passages;
    std::map<std::string, std::vector<Heading>> headings;  ///< by page
    std::map<std::string, std::string> screenshots;        ///< name → script
    std::map<std::string, Place> experiments;
    int figures = 0, exercises = 0, answers = 0, transcripts = 0;
};

class Renderer {
   public:
    Renderer(const Tree& tree, const Regions& regions, const Listings& listings, Inline& inlines, Problems& problems)
        : tree_(tree), regions_(regions), listings_(listings), inlines_(inlines), problems_(problems) {}

    std::string chapter(const Chapter& chapter);
    std::string answers(const Chapter& chapter);
    /// Prose that belongs to no chapter, as the glossary.
    std::string page(const std::vector<Block>& blocks, const std::string& path, const std::string& url,
                     const std::string& title);

    const Findings& findings() const { return findings_; }

   private:
    std::string blocks(const std::vector<Block>& all);
    std::string block(const Block& block);
    std::string heading(const Block& block);
    std::string list(const Block& block);
    std::string table(const Block& block);
    std::string fence(const Block& block);
    std::string transcript(const Block& block);
    std::string change(const struct Change& change, const Place& place);
    std::string screenshot(const Block& block);
    std::string numbered_caption(const std::string& caption, std::string& id, const Place& place);
    Place place(const Block& block) const { return {path_, block.line}; }
    void tell(const std::string& text);

    const Tree& tree_;
    const Regions& regions_;
    const Listings& listings_;
    Inline& inlines_;
    Problems& problems_;
    Findings findings_;

    // Of the page that is being rendered.
    const Chapter* chapter_ = nullptr;
    std::string path_, url_, title_, prefix_;
    std::set<std::string> ids_;
    int section_ = 0, figure_ = 0;
    bool exercises_ = false, answers_ = false, in_section_ = false;
};

}  // namespace weaver
