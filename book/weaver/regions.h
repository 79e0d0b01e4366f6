// SPDX-License-Identifier: MIT
/// @file
/// @brief Which lines of the source each directive of the book shows.
/// @chapter testing
///
/// A directive claims a region of a file. Regions lie apart or inside one another, and the inner one shows its lines: the outer
/// one shows what remains, with a mark where the inner one was. The whole file is the outermost region.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "book/weaver/chapter.h"
#include "book/weaver/definitions.h"

namespace weaver {

/// What stands between `{{` and `}}`.
struct Directive {
    std::string path;
    std::string name;       ///< empty: the file
    std::string paragraph;  ///< the first words of its comment; empty: the whole
};
/// @throws std::runtime_error where the text has no such form
Directive parse_directive(const std::string& text);

struct Region {
    Directive directive;
    const SourceFile* file = nullptr;
    std::vector<Range> ranges;  ///< more than one where overloads stand apart
    std::string title;          ///< `PageTables::store`, or the paragraph's words, or the file's name
    const Chapter* chapter = nullptr;
    int line = 0;  ///< of the directive
    std::string anchor;

    bool whole_file() const { return directive.name.empty() && directive.paragraph.empty(); }
};

/// A run of lines of a listing, or a mark that others are shown elsewhere.
struct Piece {
    Range range;                    ///< the lines, or those that are left out
    const Region* other = nullptr;  ///< which region shows them; null: these lines are shown here
};

class Regions {
   public:
    /// Resolves every directive of the book. What cannot be resolved goes to the problems.
    Regions(const Book& book, const Tree& tree, const Definitions& definitions, Problems& problems);

    /// The region of the directive on a line of a chapter; null where it could not be resolved.
    const Region* at(const Chapter& chapter, int line) const;
    /// What the region shows, from top to bottom. Blank lines at the ends are not part of it.
    std::vector<Piece> pieces(const Region& region) const;
    /// The region that shows a line of a file; null where none does.
    const Region* shown_by(const std::string& path, int line) const;
    const std::vector<std::unique_ptr<Region>>& all() const { return all_; }

   private:
    void claim(const Chapter& chapter, const Block& block);
    void claim_all(const Chapter& chapter, const std::vector<Block>& blocks);
    void settle(Problems& problems);

    /// The region right inside `outer` that has the line, whoever inside of it shows it.
    const Region* inner_at(const Region& outer, int line) const;

    const Tree& tree_;
    const Definitions& definitions_;
    Problems& problems_;
    std::vector<std::unique_ptr<Region>> all_;
    std::map<std::string, std::vector<const Region*>> settled_;  ///< of each file, the larger before the smaller
    std::map<std::string, std::vector<const Region*>> owner_;    ///< of each line of a file, [line - 1]
};

/// Chapters' blocks, those inside lists as well.
template <class Visit>
void for_each_block(const std::vector<Block>& blocks, const Visit& visit) {
    for (const Block& block : blocks) {
        visit(block);
        for (const auto& item : block.items) for_each_block(item, visit);
    }
}

}  // namespace weaver
