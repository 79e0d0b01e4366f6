// SPDX-License-Identifier: MIT
/// @file
/// @brief Finding the lines that belong to a definition, for each language.
/// @chapter testing
#include "book/weaver/extent.h"

#include <algorithm>

#include "book/weaver/pattern.h"

namespace weaver {
namespace {

/// The line's code, without a comment at its end.
std::string code_of(const SourceFile& file, int line) {
    const std::string& text = file.line(line);
    if (is_comment(file, line)) return "";
    return trim(text.substr(0, text.find("//")));
}

bool is_directive(const std::string& code) { return code.starts_with("#"); }

/// Whether a new definition may begin below this line of C++.
bool closes(const SourceFile& file, int line) {
    const std::string code = code_of(file, line);
    return code.empty() || is_directive(code) || std::string(";{}:,").find(code.back()) != std::string::npos;
}

int first_comment_above(const SourceFile& file, int line) {
    while (line > 1 && is_comment(file, line - 1)) --line;
    // The comment that opens the file belongs to the file.
    if (line == 1) {
        while (is_comment(file, line)) ++line;
    }
    return line;
}

Range cpp_extent(const SourceFile& file, int line, int end) {
    int begin = line;
    // What stands between the end of the previous thing and the name: `template <class T>`, attributes, a long type.
    while (begin > 1 && !is_blank(file.line(begin - 1)) && !closes(file, begin - 1)) --begin;
    begin = first_comment_above(file, begin);
    if (end == 0) {
        end = line;
        if (file.line(line).find(',') == std::string::npos || file.line(line).find("using") != std::string::npos) {
            while (end < file.last_line() && !closes(file, end)) ++end;
        }
    }
    // A structure may declare a variable behind its closing brace.
    if (code_of(file, end).starts_with("} ")) {
        while (end < file.last_line() && !code_of(file, end).ends_with(";")) ++end;
    }
    // What is proved of it right below belongs to it.
    while (end < file.last_line() && code_of(file, end + 1).starts_with("static_assert")) {
        ++end;
        while (end < file.last_line() && !code_of(file, end).ends_with(";")) ++end;
    }
    return {begin, end};
}

Range paragraph_around(const SourceFile& file, int line) {
    Range range{line, line};
    while (range.begin > 1 && !is_blank(file.line(range.begin - 1))) --range.begin;
    while (range.end < file.last_line() && !is_blank(file.line(range.end + 1))) ++range.end;
    return range;
}

/// Whether a routine of its own begins in this paragraph: it has a label that is no local one, or changes the section.
bool begins_routine(const SourceFile& file, const Range& paragraph) {
    static const Pattern opening(R"(^[A-Za-z_\\][\w\\]*:.*|^\s*\.(section|text|code\d+|macro)\b.*)");
    for (int line = paragraph.begin; line <= paragraph.end; ++line) {
        if (opening.matches(file.line(line))) return true;
    }
    return false;
}

/// A label's routine: its paragraph, and those below it up to the next routine.
Range assembly_extent(const SourceFile& file, int line) {
    Range range = paragraph_around(file, line);
    for (int next = range.end + 2; next <= file.last_line();) {
        if (is_blank(file.line(next))) {
            ++next;
            continue;
        }
        const Range paragraph = paragraph_around(file, next);
        if (begins_routine(file, paragraph)) break;
        range.end = paragraph.end;
        next = range.end + 1;
    }
    return range;
}

/// A declaration in braces, as ASL's devices; a line without any is itself all.
Range braced_extent(const SourceFile& file, int line) {
    int depth = 0;
    bool opened = false;
    int end = line;
    for (int at = line; at <= file.last_line(); ++at) {
        for (const char c : file.line(at)) {
            if (c == '(' || c == '{') ++depth;
            if (c == ')' || c == '}') --depth;
            opened = opened || c == '{';
        }
        end = at;
        const bool body_follows = at < file.last_line() && trim(file.line(at + 1)) == "{";
        if (depth <= 0 && (opened || !body_follows)) break;
    }
    return {first_comment_above(file, line), end};
}

}  // namespace

bool is_comment(const SourceFile& file, int line) {
    if (line < 1 || line > file.last_line()) return false;
    const std::string text = trim(file.line(line));
    switch (file.language) {
    case Language::Make:
    case Language::Shell:
    case Language::Plain: return text.starts_with("#");
    case Language::Assembly:
        return text.starts_with("//") || text.starts_with("/*") || text == "*/" || text.starts_with("# ");
    default:
        return text.starts_with("//") || text.starts_with("/*") || text.starts_with("* ") || text == "*/" ||
               text == "*";
    }
}

std::string comment_text(const SourceFile& file, int line) {
    const std::string text = trim(file.line(line));
    const std::size_t begin = text.find_first_not_of("/*#!< ");
    return begin == std::string::npos ? "" : text.substr(begin);
}

Range extent_of(const SourceFile& file, int line, int end) {
    switch (file.language) {
    case Language::Cpp: return cpp_extent(file, line, end);
    case Language::Assembly:
        // Macros end where ctags says; labels have no end.
        return end > 0 ? Range{first_comment_above(file, line), end} : assembly_extent(file, line);
    case Language::Asl: return braced_extent(file, line);
    default: return paragraph_around(file, line);
    }
}

Range paragraph_of(const SourceFile& file, const Range& within, const std::string& words) {
    for (int line = within.begin; line <= within.end; ++line) {
        const bool opens = is_comment(file, line) && !(line > within.begin && is_comment(file, line - 1));
        if (!opens) continue;
        std::string text = comment_text(file, line);
        for (int more = line + 1; text.size() < words.size() && more <= within.end && is_comment(file, more); ++more) {
            text += " " + comment_text(file, more);
        }
        if (!text.starts_with(words)) continue;
        const std::size_t indent = indent_of(file.line(line));
        Range range{line, line};
        while (range.end < within.end && !is_blank(file.line(range.end + 1)) &&
               (indent_of(file.line(range.end + 1)) >= indent || file.language == Language::Assembly)) {
            ++range.end;
        }
        return range;
    }
    return {};
}

}  // namespace weaver
