// SPDX-License-Identifier: MIT
/// @file
/// @brief From a paragraph's marks to HTML.
/// @chapter testing
#include "book/weaver/inline.h"

#include <algorithm>
#include <filesystem>

namespace weaver {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// Where the emphasis that opens at `at` closes; npos where it does not.
std::size_t closing(const std::string& text, std::size_t at, const std::string& mark) {
    const std::size_t begin = at + mark.size();
    if (begin >= text.size() || text[begin] == ' ' || (mark == "_" && at > 0 && is_word(text[at - 1])))
        return std::string::npos;
    for (std::size_t end = text.find(mark, begin + 1); end != std::string::npos; end = text.find(mark, end + 1)) {
        const bool closes = text[end - 1] != ' ' && (mark != "_" || end + 1 >= text.size() || !is_word(text[end + 1]));
        // A single mark does not close at a double one.
        if (closes && !(mark == "*" && end + 1 < text.size() && text[end + 1] == '*')) return end;
    }
    return std::string::npos;
}

}  // namespace

std::string Inline::html_of(const std::string& text, const Place& place) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c == '\\' && at + 1 < text.size() && std::ispunct(static_cast<unsigned char>(text[at + 1]))) {
            result += html(text.substr(at + 1, 1));
            at += 2;
            continue;
        }
        if (c == '`') {
            std::size_t marks = text.find_first_not_of('`', at);
            marks = (marks == std::string::npos ? text.size() : marks) - at;
            const std::size_t end = text.find(std::string(marks, '`'), at + marks);
            if (end != std::string::npos) {
                const std::string inside = text.substr(at + marks, end - at - marks);
                result += code(marks > 1 ? trim(inside) : inside, place);
                at = end + marks;
                continue;
            }
        }
        if (c == '[') {
            const std::size_t middle = text.find("](", at);
            const std::size_t end = middle == std::string::npos ? middle : text.find(')', middle);
            if (end != std::string::npos) {
                result += link(text.substr(at + 1, middle - at - 1), text.substr(middle + 2, end - middle - 2), place);
                at = end + 1;
                continue;
            }
        }
        if (text.compare(at, 2, "{{") == 0) {
            const std::size_t colon = text.find(':', at), end = text.find("}}", at);
            if (end != std::string::npos && colon < end) {
                result += cite(trim(text.substr(at + 2, colon - at - 2)),
                               trim(replace_all(text.substr(colon + 1, end - colon - 1), "\n", " ")), place);
                at = end + 2;
                continue;
            }
        }
        bool emphasised = false;
        for (const auto& [mark, tag] :
             {std::pair<std::string, std::string>{"**", "strong"}, {"*", "em"}, {"_", "em"}}) {
            if (text.compare(at, mark.size(), mark) != 0) continue;
            const std::size_t end = closing(text, at, mark);
            if (end == std::string::npos) continue;
            result += "<" + tag + ">" + html_of(text.substr(at + mark.size(), end - at - mark.size()), place) + "</" +
                      tag + ">";
            at = end + mark.size();
            emphasised = true;
            break;
        }
        if (emphasised) continue;
        result += html(text.substr(at, 1));
        ++at;
    }
    return result;
}

std::string Inline::plain(const std::string& text) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '`' || text[at] == '*') continue;
        if (text.compare(at, 2, "{{") == 0 && text.find("}}", at) != std::string::npos) {
            const std::size_t colon = std::min(text.find(':', at), text.find("}}", at));
            result += trim(text.substr(colon + 1, text.find("}}", at) - colon - 1));
            at = text.find("}}", at) + 1;
            continue;
        }
        const std::size_t middle = text[at] == '[' ? text.find("](", at) : std::string::npos;
        if (middle != std::string::npos && text.find(')', middle) != std::string::npos) {
            result += plain(text.substr(at + 1, middle - at - 1));
            at = text.find(')', middle);
            continue;
        }
        result += text[at] == '\n' ? ' ' : text[at];
    }
    return result;
}

std::string Inline::code(const std::string& text, const Place& place) {
    const std::string plain_code = "<code>" + html(text) + "</code>";
    const Names::Form form = Names::form_of(text);
    if (form == Names::Form::Other) return plain_code;
    if (const auto url = names_.resolve(text)) return "<a class=\"name\" href=\"" + *url + "\">" + plain_code + "</a>";
    problems_.add(place,
                  form == Names::Form::Path ? "there is no file `" + text + "`" : "nothing is called `" + text + "`");
    return plain_code;
}

std::string Inline::link(const std::string& text, const std::string& target, const Place& place) {
    const std::string label = html_of(text, place);
    if (target.starts_with("https://") || target.starts_with("http://")) {
        return "<a class=\"outside\" href=\"" + html(target) + "\">" + label + "</a>";
    }
    if (target == "@glossary" || target == "@manuals" || target == "@map" || target == "@exercises") {
        return "<a href=\"" + target.substr(1) + ".html\">" + label + "</a>";
    }
    if (target.starts_with("@")) {
        const std::size_t hash = target.find('#');
        const Chapter* chapter = book_.find(target.substr(1, hash == std::string::npos ? hash : hash - 1));
        if (!chapter) {
            problems_.add(place, "there is no chapter " + target);
            return label;
        }
        std::string url = chapter_page(*chapter);
        if (hash != std::string::npos) {
            const std::string wanted = target.substr(hash + 1);
            const bool exists = std::any_of(chapter->blocks.begin(), chapter->blocks.end(), [&](const Block& block) {
                return block.kind == Block::Kind::Heading && slug(plain(block.text)) == wanted;
            });
            if (!exists && chapter->written) problems_.add(place, "there is no section " + target);
            url += "#" + chapter->tag + "-" + wanted;
        }
        return "<a href=\"" + url + "\">" + label + "</a>";
    }
    if (Names::form_of(target) != Names::Form::Other) {
        if (const auto url = names_.resolve(target)) return "<a href=\"" + *url + "\">" + label + "</a>";
    }
    problems_.add(place, "the link to " + target + " leads nowhere");
    return label;
}

std::string Inline::cite(const std::string& manual, const std::string& section, const Place& place) {
    const ManualEntry* entry = manuals_.find(manual, section);
    if (!entry) {
        problems_.add(place, "book/manuals.md has no @" + manual + " \"" + section + "\"");
        return html(section);
    }
    if (!section_.page.empty()) citations_[entry->anchor].push_back(section_);
    const std::string book = manual == "sdm" ? "Intel SDM, " : manual == "apm" ? "AMD APM, " : "";
    return "<a class=\"cite\" href=\"manuals.html#" + entry->anchor + "\">" + book + html(section) + "</a>";
}

}  // namespace weaver
