// SPDX-License-Identifier: MIT
/// @file
/// @brief The source that the book is about: every file that git tracks, line by line.
/// @chapter testing
#pragma once

#include <map>
#include <string>
#include <vector>

#include "book/weaver/problems.h"
#include "book/weaver/text.h"

namespace weaver {

/// What a file is written in, as far as definitions, comments and colours differ.
enum class Language { Cpp, Assembly, LinkerScript, Make, Shell, Asl, Plain };

/// A citation in a source's comment: `manual` is sdm, apm or spec.
struct SourceCitation {
    std::string manual;
    std::string section;
    int line;
};

struct SourceFile {
    std::string path;
    Lines lines;  ///< lines[0] is line 1
    Language language = Language::Plain;
    std::string chapter;  ///< of its `@chapter`; empty where it names none
    int chapter_line = 0;
    std::string brief;
    std::vector<SourceCitation> citations;

    const std::string& line(int number) const { return lines[static_cast<std::size_t>(number - 1)]; }
    int last_line() const { return static_cast<int>(lines.size()); }
};

class Tree {
   public:
    /// Reads what git tracks under the current folder. @throws std::runtime_error
    static Tree read();
    /// Of given files, for tests.
    explicit Tree(std::map<std::string, std::string> files);

    const SourceFile* find(const std::string& path) const;
    /// Whether a file or a folder of this name is tracked.
    bool has(const std::string& path) const;
    const std::map<std::string, SourceFile>& files() const { return files_; }

   private:
    std::map<std::string, SourceFile> files_;
};

/// Whether every line of this file belongs into the book.
bool is_woven(const std::string& path);

}  // namespace weaver
