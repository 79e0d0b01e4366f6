// SPDX-License-Identifier: MIT
/// @file
/// @brief The manuals that the book cites, in one pinned edition each: book/manuals.md.
/// @chapter testing
///
/// `## KEY Name, edition` opens a manual, where KEY is sdm, apm or spec. `- **Title** where` is a section of the SDM and the APM, and
/// a document among the specs. A citation names the title first; what follows behind a comma is for readers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "book/weaver/markdown.h"
#include "book/weaver/problems.h"

namespace weaver {

struct ManualEntry {
    std::string manual;  ///< sdm, apm or spec
    std::string title;
    std::string where;  ///< number and volume, or where the document comes from
    std::string anchor;
};

class Manuals {
   public:
    static constexpr const char* kPath = "book/manuals.md";
    Manuals(const std::string& text, Problems& problems);

    /// The entry that a citation's words begin with; null where the manual has none.
    const ManualEntry* find(const std::string& manual, const std::string& citation) const;
    const std::vector<ManualEntry>& entries() const { return entries_; }
    /// The heading of a manual, with its edition.
    std::string name_of(const std::string& manual) const;
    const std::vector<Block>& blocks() const { return blocks_; }

   private:
    std::vector<ManualEntry> entries_;
    std::map<std::string, std::string> names_;
    std::vector<Block> blocks_;
};

}  // namespace weaver
