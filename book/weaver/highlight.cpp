// SPDX-License-Identifier: MIT
/// @file
/// @brief Cutting lines into tokens, for every language of the tree.
/// @chapter testing
#include "book/weaver/highlight.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace weaver {
namespace {

const std::set<std::string> kCpp{"alignas",      "alignof",   "asm",           "auto",        "bool",
                                 "break",        "case",      "catch",         "char",        "class",
                                 "concept",      "const",     "consteval",     "constexpr",   "constinit",
                                 "continue",     "decltype",  "default",       "delete",      "do",
                                 "double",       "else",      "enum",          "explicit",    "extern",
                                 "false",        "final",     "float",         "for",         "friend",
                                 "goto",         "if",        "inline",        "int",         "long",
                                 "mutable",      "namespace", "new",           "noexcept",    "nullptr",
                                 "operator",     "override",  "private",       "protected",   "public",
                                 "register",     "requires",  "return",        "short",       "signed",
                                 "sizeof",       "static",    "static_assert", "static_cast", "reinterpret_cast",
                                 "const_cast",   "struct",    "switch",        "template",    "this",
                                 "thread_local", "throw",     "true",          "try",         "typedef",
                                 "typename",     "union",     "unsigned",      "using",       "virtual",
                                 "void",         "volatile",  "while"};
const std::set<std::string> kShell{"case",  "do",     "done", "elif", "else",     "esac",  "exec",
                                   "exit",  "export", "fi",   "for",  "function", "if",    "in",
                                   "local", "return", "set",  "then", "trap",     "until", "while"};
const std::set<std::string> kMake{"define", "else", "endef",  "endif", "export",
                                  "ifdef",  "ifeq", "ifndef", "ifneq", "include"};
const std::set<std::string> kLinker{"ALIGN", "ADDR",  "ASSERT",  "AT",      "ENTRY",    "FLAGS",
                                    "KEEP",  "PHDRS", "PT_LOAD", "PT_NOTE", "SECTIONS", "SIZEOF"};
const std::set<std::string> kAsl{"DefinitionBlock", "Device",           "Method", "Name",
                                 "Package",         "ResourceTemplate", "Return", "Scope"};

const std::set<std::string>& keywords(Language language) {
    static const std::set<std::string> none;
    switch (language) {
    case Language::Cpp: return kCpp;
    case Language::Shell: return kShell;
    case Language::Make: return kMake;
    case Language::LinkerScript: return kLinker;
    case Language::Asl: return kAsl;
    default: return none;
    }
}

bool is_word_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80); }
bool is_word_part(char c) { return is_word_start(c) || std::isdigit(static_cast<unsigned char>(c)); }

bool has_slash_comments(Language language) {
    return language == Language::Cpp || language == Language::Assembly || language == Language::Asl ||
           language == Language::LinkerScript;
}
/// Where a string that opens at `at` ends.
std::size_t string_end(const std::string& line, std::size_t at) {
    for (std::size_t end = at + 1; end < line.size(); ++end) {
        if (line[end] == '\\') {
            ++end;
        } else if (line[end] == line[at]) {
            return end + 1;
        }
    }
    return line.size();
}

/// Whether the word is the first of an assembler's line, behind its label.
bool is_instruction(const std::string& line, std::size_t at) {
    std::string before = trim(line.substr(0, at));
    return before.empty() || (before.ends_with(":") && before.find(' ') == std::string::npos);
}

}  // namespace

std::vector<Token> Highlighter::tokens(const std::string& line) {
    std::vector<Token> result;
    for (std::size_t at = 0; at < line.size();) {
        Token token = next(line, at);
        at += token.text.size();
        const bool goes_on = !result.empty() && result.back().kind == token.kind && token.kind != Token::Kind::Word;
        if (goes_on) {
            result.back().text += token.text;
        } else {
            result.push_back(std::move(token));
        }
    }
    return result;
}

bool Highlighter::begins_comment(const std::string& line, std::size_t at) const {
    if (has_slash_comments(language_)) return line.compare(at, 2, "//") == 0;
    return line[at] == '#' && (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t');
}

Token Highlighter::next(const std::string& line, std::size_t at) {
    using Kind = Token::Kind;
    const char c = line[at];
    const auto until = [&](Kind kind, std::size_t end) { return Token{kind, line.substr(at, end - at)}; };
    if (in_comment_ || (has_slash_comments(language_) && line.compare(at, 2, "/*") == 0)) {
        const std::size_t end = line.find("*/", in_comment_ ? at : at + 2);
        in_comment_ = end == std::string::npos;
        return until(Kind::Comment, in_comment_ ? line.size() : end + 2);
    }
    if (begins_comment(line, at)) return until(Kind::Comment, line.size());
    if (c == '#' && has_slash_comments(language_) && is_blank(line.substr(0, at))) {
        std::size_t end = at + 1;
        while (end < line.size() && is_word_part(line[end])) ++end;
        return until(Kind::Directive, end);
    }
    const bool has_single_quotes = language_ == Language::Cpp || language_ == Language::Shell;
    if (c == '"' || (c == '\'' && has_single_quotes)) return until(Kind::String, string_end(line, at));
    if (std::isdigit(static_cast<unsigned char>(c))) {
        std::size_t end = at + 1;
        while (end < line.size() && (is_word_part(line[end]) || line[end] == '\'' || line[end] == '.')) ++end;
        return until(Kind::Number, end);
    }
    const bool dotted =
        c == '.' && language_ == Language::Assembly && at + 1 < line.size() && is_word_start(line[at + 1]);
    return is_word_start(c) || dotted ? word(line, at) : until(Kind::Plain, at + 1);
}

Token Highlighter::word(const std::string& line, std::size_t at) const {
    using Kind = Token::Kind;
    std::size_t end = at + 1;
    while (end < line.size() && is_word_part(line[end])) ++end;
    const std::string text = line.substr(at, end - at);
    const bool label = end < line.size() && line[end] == ':';
    if (language_ == Language::Assembly && !label && is_instruction(line, at)) {
        if (text[0] == '.') return {Kind::Directive, text};
        // Macros of ours have capitals, and are words that lead to their definition.
        if (std::islower(static_cast<unsigned char>(text[0]))) return {Kind::Instruction, text};
    }
    return {keywords(language_).contains(text) ? Kind::Keyword : Kind::Word, text};
}

std::string css_class(Token::Kind kind) {
    switch (kind) {
    case Token::Kind::Comment: return "c";
    case Token::Kind::String: return "s";
    case Token::Kind::Number: return "n";
    case Token::Kind::Keyword: return "k";
    case Token::Kind::Directive: return "p";
    case Token::Kind::Instruction: return "k";
    case Token::Kind::Plain:
    case Token::Kind::Word: return "";
    }
    return "";
}

}  // namespace weaver
