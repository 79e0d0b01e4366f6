// SPDX-License-Identifier: MIT
/// @file
/// @brief From lines of the source to HTML.
/// @chapter testing
#include "book/weaver/listing.h"

#include <algorithm>

#include "book/weaver/highlight.h"

namespace weaver {
namespace {

std::string range_text(const Range& range) {
    return range.begin == range.end ? std::to_string(range.begin)
                                    : std::to_string(range.begin) + "–" + std::to_string(range.end);
}

std::string span(const std::string& css, const std::string& inner) {
    return css.empty() ? inner : "<span class=\"" + css + "\">" + inner + "</span>";
}

/// One line of a listing; `--i` is the indentation to which a narrow screen wraps it.
std::string row(int number, std::size_t indent, const std::string& id, const std::string& inner) {
    return "<span class=\"l\"" + (id.empty() ? "" : " id=\"" + id + "\"") + " data-n=\"" + std::to_string(number) +
           "\" style=\"--i:" + std::to_string(indent) + "\">" + inner + "\n</span>";
}

/// The columns that all of the lines are indented by.
std::size_t common_indent(const SourceFile& file, const std::vector<Piece>& pieces) {
    std::size_t common = std::string::npos;
    for (const Piece& piece : pieces) {
        for (int line = piece.range.begin; line <= piece.range.end && !piece.other; ++line) {
            if (!is_blank(file.line(line))) common = std::min(common, file.line(line).find_first_not_of(' '));
        }
    }
    return common == std::string::npos ? 0 : common;
}

}  // namespace

std::string Listings::html_of(const Region& region) const {
    const SourceFile& file = *region.file;
    const std::vector<Piece> pieces = regions_.pieces(region);
    const std::size_t drop = common_indent(file, pieces);
    std::string body;
    std::string numbers;
    int last = 0;
    for (const Piece& piece : pieces) {
        if (piece.other) {
            body += elsewhere(region, piece, drop);
            last = piece.range.end;
            continue;
        }
        if (last != 0 && piece.range.begin > last + 1) {
            const bool only_blank = std::all_of(file.lines.begin() + last, file.lines.begin() + piece.range.begin - 1,
                                                [](const std::string& text) { return is_blank(text); });
            body += only_blank ? "<span class=\"l gap\">\n</span>" : "<span class=\"l skip\">⋯\n</span>";
        }
        body += lines(file, piece.range, drop, Anchors::EachDefinition);
        numbers += (numbers.empty() ? "" : ", ") + range_text(piece.range);
        last = piece.range.end;
    }
    if (pieces.empty()) body = "<span class=\"l skip\">every line is shown elsewhere\n</span>";
    const int first = region.ranges[0].begin;
    std::string caption =
        "<a href=\"" + source_page(file.path) + "#L" + std::to_string(first) + "\">" + html(file.path) +
        (numbers.empty() || numbers.size() > 40 ? "" : "<span class=\"lines\">:" + numbers + "</span>") + "</a>";
    if (!region.whole_file()) {
        caption += region.directive.paragraph.empty() ? " <code>" + html(region.title) + "</code>"
                                                      : " <span class=\"part\">⟨" + html(region.title) + "⟩</span>";
    }
    return "<figure class=\"listing\" id=\"" + region.anchor + "\"><figcaption>" + caption +
           "</figcaption><pre class=\"code\">" + body + "</pre></figure>\n";
}

std::string Listings::elsewhere(const Region& region, const Piece& piece, std::size_t drop) const {
    const Region& other = *piece.other;
    const std::string url = chapter_page(*other.chapter) + "#" + other.anchor;
    const bool fragment = !other.directive.paragraph.empty();
    const std::size_t indent = std::max(region.file->line(piece.range.begin).find_first_not_of(' '), drop) - drop;
    const std::string label = fragment ? "⟨" + html(other.title) + "…⟩" : "⋯ " + html(other.title);
    return "<span class=\"l elsewhere\" style=\"--i:" + std::to_string(indent) + "\">" + std::string(indent, ' ') +
           "<a href=\"" + url + "\">" + label + "</a>\n</span>";
}

std::string Listings::lines(const SourceFile& file, const Range& range, std::size_t drop, Anchors anchors) const {
    Highlighter highlighter(file.language);
    std::string result;
    for (int number = range.begin; number <= range.end; ++number) {
        const std::string& text = file.line(number);
        const std::vector<Token> tokens = highlighter.tokens(text.substr(std::min(drop, text.size())));
        std::string id;
        if (anchors == Anchors::EachLine) {
            id = "L" + std::to_string(number);
        } else if (names_.defines(file, number)) {
            id = Names::anchor(file.path, number);
        }
        result += row(number, indent_of(text) - std::min(indent_of(text), drop), id, line(file, number, tokens));
    }
    return result;
}

std::string Listings::line(const SourceFile& file, int number, const std::vector<Token>& tokens) const {
    std::string result;
    for (std::size_t at = 0; at < tokens.size(); ++at) {
        const Token& token = tokens[at];
        if (token.kind == Token::Kind::Comment) {
            result += span("c", comment(token.text));
            continue;
        }
        if (token.kind != Token::Kind::Word) {
            // The file that an include names.
            const bool include =
                token.kind == Token::Kind::String && tokens[0].text == "#include" && token.text.size() > 2;
            const std::string path = include ? token.text.substr(1, token.text.size() - 2) : "";
            const SourceFile* target = include ? tree_.find("kernel/" + path) : nullptr;
            if (include && !target) target = tree_.find(path);
            const std::string inner = span(css_class(token.kind), html(token.text));
            result += target ? "<a href=\"" + source_page(target->path) + "\">" + inner + "</a>" : inner;
            continue;
        }
        Mention mention{&file, number, token.text, "", false, false};
        const std::string before = at > 0 ? tokens[at - 1].text : "";
        if (before.ends_with("::") && at > 1) mention.qualifier = tokens[at - 2].text;
        mention.through_object = before.ends_with(".") || before.ends_with("->");
        mention.called = at + 1 < tokens.size() && tokens[at + 1].text.starts_with("(");
        const bool outside = mention.qualifier == "std" || (before.ends_with("::") && mention.qualifier.empty());
        const Definition* meaning = outside ? nullptr : names_.meaning(mention);
        const bool itself = meaning && meaning->file == &file && meaning->line == number;
        result += meaning && !itself ? "<a href=\"" + names_.url(*meaning) + "\">" + html(token.text) + "</a>"
                                     : html(token.text);
    }
    return result;
}

/// Citations lead to the manual's entry.
std::string Listings::comment(const std::string& text) const {
    const std::size_t at = text.find("@");
    for (const std::string manual : {"sdm", "apm", "spec"}) {
        const std::string opening = "@" + manual + "{";
        if (at == std::string::npos || text.compare(at, opening.size(), opening) != 0) continue;
        const std::size_t end = std::min(text.find('}', at), text.size());
        const std::string section = text.substr(at + opening.size(), end - at - opening.size());
        const ManualEntry* entry = manuals_.find(manual, section);
        if (!entry) break;
        return html(text.substr(0, at)) + "<a href=\"manuals.html#" + entry->anchor + "\">" +
               html(text.substr(at, end + 1 - at)) + "</a>" + (end < text.size() ? comment(text.substr(end + 1)) : "");
    }
    return html(text);
}

std::string Listings::whole_file(const SourceFile& file) const {
    std::string result;
    Highlighter highlighter(file.language);
    const Region* last = nullptr;
    for (int number = 1; number <= file.last_line(); ++number) {
        const Region* region = regions_.shown_by(file.path, number);
        const std::string& text = file.line(number);
        std::string margin;
        if (region && region != last && !is_blank(text)) {
            margin = "<a class=\"told\" href=\"" + chapter_page(*region->chapter) + "#" + region->anchor +
                     "\" title=\"" + html(region->chapter->full_title()) + "\">" +
                     (region->chapter->number == 0 ? "§" : std::to_string(region->chapter->number)) + "</a>";
            last = region;
        }
        result += row(number, indent_of(text), "L" + std::to_string(number),
                      margin + line(file, number, highlighter.tokens(text)));
    }
    return "<pre class=\"code whole\">" + result + "</pre>\n";
}

std::string Listings::plain(const Lines& text, const std::string& language) {
    const Language kind = language == "cpp" || language == "c" ? Language::Cpp
                          : language == "asm"                  ? Language::Assembly
                          : language == "sh"                   ? Language::Shell
                          : language == "make"                 ? Language::Make
                                                               : Language::Plain;
    Highlighter highlighter(kind);
    std::string result;
    for (const std::string& line : text) {
        std::string inner;
        if (language.empty() || language == "text") {
            inner = html(line);
        } else {
            for (const Token& token : highlighter.tokens(line)) inner += span(css_class(token.kind), html(token.text));
        }
        result += inner + "\n";
    }
    return "<pre class=\"plain\">" + result + "</pre>\n";
}

}  // namespace weaver
