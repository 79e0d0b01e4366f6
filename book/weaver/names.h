// SPDX-License-Identifier: MIT
/// @file
/// @brief From names to places of the site: identifiers in listings, names and paths in prose.
/// @chapter testing
#pragma once

#include <optional>
#include <string>

#include "book/weaver/regions.h"

namespace weaver {

/// The pages of the site.
std::string chapter_page(const Chapter& chapter);
std::string source_page(const std::string& path);

/// A word of a listing with what stands around it.
struct Mention {
    const SourceFile* file;
    int line;
    std::string word;
    std::string qualifier;  ///< `A` in `A::word`; empty where it has none
    bool through_object;    ///< behind `.` or `->`
    bool called;            ///< before `(`
};

class Names {
   public:
    Names(const Tree& tree, const Definitions& definitions, const Regions& regions)
        : tree_(tree), definitions_(definitions), regions_(regions) {}

    /// Where the book shows a definition, or else where it stands in the page of its file.
    std::string url(const Definition& definition) const;
    std::string url(const std::string& path, int line) const;
    /// The anchor of a line that defines something; empty where none is defined.
    static std::string anchor(const std::string& path, int line);
    bool defines(const SourceFile& file, int line) const;

    /// What the mention means, where that is sure; else null.
    const Definition* meaning(const Mention& mention) const;

    /// How a name in backticks is looked at.
    enum class Form { Other, Path, Name };
    static Form form_of(const std::string& code);
    /// Where a path or name of the prose leads. Nothing: it does not exist.
    std::optional<std::string> resolve(const std::string& code) const;

   private:
    std::string scope_at(const SourceFile& file, int line) const;

    const Tree& tree_;
    const Definitions& definitions_;
    const Regions& regions_;
};

}  // namespace weaver
