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
bool has_hash_comments(Language language) {
    return language == Language::Make || language == Language::Shell || language == Language::Plain;
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
    using Kind = Token::Kind;
    std::vector<Token> result;
    const auto add = [&](Kind kind, const std::string& text) {
        if (text.empty()) return;
        if (!result.empty() && result.back().kind == kind && kind != Kind::Word) {
            result.back().text += text;
        } else {
            result.push_back({kind, text});
        }
    };
    for (std::size_t at = 0; at < line.size();) {
        const char c = line[at];
        const std::string two = line.substr(at, 2);
        if (in_comment_ || (two == "/*" && has_slash_comments(language_))) {
            const std::size_t end = line.find("*/", in_comment_ ? at : at + 2);
            in_comment_ = end == std::string::npos;
            const std::size_t past = in_comment_ ? line.size() : end + 2;
            add(Kind::Comment, line.substr(at, past - at));
            at = past;
        } else if ((two == "//" && has_slash_comments(language_)) ||
                   (c == '#' && has_hash_comments(language_) &&
                    (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t'))) {
            add(Kind::Comment, line.substr(at));
            break;
        } else if (c == '#' && is_blank(line.substr(0, at)) && !has_hash_comments(language_)) {
            std::size_t end = at + 1;
            while (end < line.size() && is_word_part(line[end])) ++end;
            add(Kind::Directive, line.substr(at, end - at));
            at = end;
        } else if (c == '"' || (c == '\'' && language_ != Language::Assembly && language_ != Language::Plain &&
                                language_ != Language::Make)) {
            const std::size_t end = string_end(line, at);
            add(Kind::String, line.substr(at, end - at));
            at = end;
        } else if (std::isdigit(static_cast<unsigned char>(c))) {
            std::size_t end = at + 1;
            while (end < line.size() && (is_word_part(line[end]) || line[end] == '\'' || line[end] == '.')) ++end;
            add(Kind::Number, line.substr(at, end - at));
            at = end;
        } else if (is_word_start(c) || (c == '.' && language_ == Language::Assembly && at + 1 < line.size() &&
                                        is_word_start(line[at + 1]))) {
            std::size_t end = at + 1;
            while (end < line.size() && is_word_part(line[end])) ++end;
            const std::string word = line.substr(at, end - at);
            if (language_ == Language::Assembly && is_instruction(line, at) &&
                !(end < line.size() && line[end] == ':')) {
                add(c == '.'                                      ? Kind::Directive
                    : std::islower(static_cast<unsigned char>(c)) ? Kind::Instruction
                                                                  : Kind::Word,
                    word);
            } else {
                add(keywords(language_).contains(word) ? Kind::Keyword : Kind::Word, word);
            }
            at = end;
        } else {
            add(Kind::Plain, line.substr(at, 1));
            ++at;
        }
    }
    return result;
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
