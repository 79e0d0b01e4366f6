// SPDX-License-Identifier: MIT
/// @file
/// @brief Where each name is defined: Universal Ctags finds the names, this finds the lines that belong to them.
/// @chapter testing
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "book/weaver/tree.h"

namespace weaver {

/// Lines of one file, both ends included.
struct Range {
    int begin = 0;
    int end = 0;
    bool contains(int line) const { return begin <= line && line <= end; }
    bool contains(const Range& other) const { return begin <= other.begin && other.end <= end; }
    auto operator<=>(const Range&) const = default;
};

struct Definition {
    std::string name;   ///< with its scopes, `PageTables::store`; unnamed namespaces are left out
    std::string kind;   ///< ctags' word: function, prototype, class, enumerator, label …
    std::string scope;  ///< what the name stands in; empty at the top
    const SourceFile* file = nullptr;
    int line = 0;  ///< where the name stands
    Range range;   ///< with the leading comment, and the static_asserts right behind

    std::string last_word() const;
};

class Definitions {
   public:
    /// Runs ctags over the files of the tree. @throws std::runtime_error
    explicit Definitions(const Tree& tree);

    /// All in one file, in the order of its lines.
    const std::vector<Definition>& in(const std::string& path) const;
    /// Those whose last word this is, in any file.
    const std::vector<const Definition*>& called(const std::string& word) const;

    /// What `name` means in a file: `store` or `PageTables::store`; overloads come together, in the order of lines. A
    /// function's own definition goes before its declaration, an outer scope before an inner one.
    /// @throws std::runtime_error where it means nothing, or different things
    std::vector<const Definition*> find(const SourceFile& file, const std::string& name) const;
    /// What `name` means anywhere; the definition before declarations. None where it means nothing.
    const Definition* find(const std::string& name) const;

   private:
    std::unordered_map<std::string, std::vector<Definition>> by_file_;
    std::unordered_map<std::string, std::vector<const Definition*>> by_word_;
};

/// Whether `full` is `name`, or ends with it at a `::`.
bool names(const std::string& full, const std::string& name);

}  // namespace weaver
