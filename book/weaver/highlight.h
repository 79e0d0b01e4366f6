// SPDX-License-Identifier: MIT
/// @file
/// @brief A line of code cut into comments, strings, numbers and words, for colours and links.
/// @chapter testing
#pragma once

#include <string>
#include <vector>

#include "book/weaver/tree.h"

namespace weaver {

struct Token {
    enum class Kind { Plain, Comment, String, Number, Keyword, Directive, Instruction, Word };
    Kind kind;
    std::string text;
};

/// Cuts the lines of a file, in order; a block comment may go over several.
class Highlighter {
   public:
    explicit Highlighter(Language language) : language_(language) {}
    std::vector<Token> tokens(const std::string& line);

   private:
    /// The token that begins at `at`.
    Token next(const std::string& line, std::size_t at);
    Token word(const std::string& line, std::size_t at) const;
    bool begins_comment(const std::string& line, std::size_t at) const;

    Language language_;
    bool in_comment_ = false;
};

/// The class of a token's colour; empty for what has the colour of text.
std::string css_class(Token::Kind kind);

}  // namespace weaver
