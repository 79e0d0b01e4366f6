// SPDX-License-Identifier: MIT
/// @file
/// @brief Regular expressions behind a door: a file that includes <regex> itself takes seconds longer to compile.
/// @chapter testing
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weaver {

/// A regular expression in ECMAScript's grammar.
class Pattern {
   public:
    /// What matched as a whole, then each group; a group that took no part is empty.
    using Match = std::vector<std::string>;

    explicit Pattern(const char* expression);

    /// Whether it matches the text from end to end.
    bool matches(const std::string& text) const;
    bool matches(const std::string& text, Match& match) const;
    /// Whether it matches somewhere; `match` is the first place.
    bool finds(const std::string& text, Match& match) const;
    std::vector<Match> all(const std::string& text) const;
    /// The text with every match replaced; in `format`, $1 is the first group.
    std::string replace(const std::string& text, const std::string& format) const;
    std::string replace_each(const std::string& text, const std::function<std::string(const Match&)>& with) const;

   private:
    struct Compiled;
    std::shared_ptr<const Compiled> compiled_;
};

}  // namespace weaver
