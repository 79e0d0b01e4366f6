// SPDX-License-Identifier: MIT
/// @file
/// @brief Headings, lists, tables, fences: each kind of block as HTML.
/// @chapter testing
#include "book/weaver/render.h"

#include <algorithm>
#include <stdexcept>

#include "book/weaver/figures.h"
#include "book/weaver/transcript.h"

namespace weaver {

std::string Renderer::chapter(const Chapter& chapter) {
    chapter_ = &chapter;
    return page(chapter.blocks, chapter.path(), chapter_page(chapter), chapter.full_title());
}

std::string Renderer::answers(const Chapter& chapter) {
    chapter_ = &chapter;
    answers_ = true;
    std::string result = page(chapter.answers, chapter.answers_path(), "answers-" + chapter.tag + ".html",
                              "Answers to " + chapter.full_title());
    answers_ = false;
    return result;
}

std::string Renderer::page(const std::vector<Block>& all, const std::string& path, const std::string& url,
                           const std::string& title) {
    path_ = path;
    url_ = url;
    title_ = title;
    prefix_ = (answers_ ? "answers-" : "") +
              (chapter_ && path.find(chapter_->stem) != std::string::npos ? chapter_->tag : slug(title)) + "-";
    ids_.clear();
    section_ = figure_ = 0;
    in_section_ = exercises_ = false;
    inlines_.set_section(url, title);
    findings_.passages.push_back({url, title, title, ""});
    std::string result = blocks(all);
    if (in_section_) result += "</section>\n";
    return result;
}

std::string Renderer::blocks(const std::vector<Block>& all) {
    std::string result;
    for (const Block& one : all) result += block(one);
    return result;
}

/// Text that the search finds in this section.
void Renderer::tell(const std::string& text) {
    std::string& told = findings_.passages.back().text;
    told += (told.empty() ? "" : " ") + text;
}

std::string Renderer::block(const Block& block) {
    switch (block.kind) {
    case Block::Kind::Heading: return heading(block);
    case Block::Kind::Paragraph:
        tell(Inline::plain(block.text));
        return "<p>" + inlines_.html_of(block.text, place(block)) + "</p>\n";
    case Block::Kind::List: return list(block);
    case Block::Kind::Table: return table(block);
    case Block::Kind::Quote: return "<blockquote>" + blocks(block.items[0]) + "</blockquote>\n";
    case Block::Kind::Fence: return fence(block);
    case Block::Kind::Directive: {
        const Region* region = chapter_ ? regions_.at(*chapter_, block.line) : nullptr;
        return region ? listings_.html_of(*region) : "";
    }
    case Block::Kind::Picture: {
        std::string id;
        const std::string caption = numbered_caption(block.text, id, place(block));
        return figure(inline_svg(block.target, place(block), problems_), caption, id, "figure");
    }
    }
    return "";
}

std::string Renderer::heading(const Block& block) {
    const std::string text = Inline::plain(block.text);
    std::string id = prefix_ + slug(text);
    if (!ids_.insert(id).second) {
        problems_.add(place(block), "a second section is called \"" + text + "\"");
        id += "-" + std::to_string(block.line);
    }
    const bool note = text.starts_with("Design note");
    std::string result;
    std::string number;
    if (block.level == 2) {
        if (in_section_) result += "</section>\n";
        in_section_ = true;
        exercises_ = text == "Exercises";
        result += std::string("<section class=\"") +
                  (note         ? "note"
                   : exercises_ ? "exercises"
                                : "plain-section") +
                  "\">\n";
        if (chapter_ && chapter_->number > 0 && !answers_ && !note && !exercises_) {
            number = "<span class=\"number\">" + std::to_string(chapter_->number) + "." + std::to_string(++section_) +
                     "</span> ";
        }
    }
    findings_.passages.push_back({url_ + "#" + id, title_, text, ""});
    inlines_.set_section(url_ + "#" + id, title_ + " — " + text);
    const std::string inner = number + inlines_.html_of(block.text, place(block));
    if (block.level <= 3) findings_.headings[url_].push_back({block.level, id, number + html(text)});
    const std::string level = std::to_string(block.level);
    return result + "<h" + level + " id=\"" + id + "\"><a class=\"self\" href=\"#" + id + "\">" + "</a>" + inner +
           "</h" + level + ">\n";
}

std::string Renderer::list(const Block& block) {
    const bool counted = block.ordered && chapter_ && ((exercises_ && !answers_) || answers_);
    const std::string tag = block.ordered ? "ol" : "ul";
    std::string result =
        "<" + tag +
        (block.ordered && block.first_number != 1 ? " start=\"" + std::to_string(block.first_number) + "\"" : "") +
        ">\n";
    int number = block.first_number;
    const bool outer_exercises = exercises_, outer_answers = answers_;
    for (const auto& item : block.items) {
        std::string id, link;
        if (counted) {
            const std::string name = chapter_->tag + "-" + std::to_string(number);
            id = (answers_ ? " id=\"answer-" : " id=\"exercise-") + name + "\"";
            link = answers_
                       ? "<a class=\"turn\" href=\"" + chapter_page(*chapter_) + "#exercise-" + name + "\">question</a>"
                       : "<a class=\"turn\" href=\"answers-" + chapter_->tag + ".html#answer-" + name + "\">answer</a>";
            ++(answers_ ? findings_.answers : findings_.exercises);
        }
        // A list inside an exercise is no list of exercises.
        exercises_ = false;
        if (counted) answers_ = false;
        const bool tight = item.size() == 1 && item[0].kind == Block::Kind::Paragraph;
        if (tight) tell(Inline::plain(item[0].text));
        result += "<li" + id + ">" + (tight ? inlines_.html_of(item[0].text, place(item[0])) : blocks(item)) + link +
                  "</li>\n";
        exercises_ = outer_exercises;
        answers_ = outer_answers;
        ++number;
    }
    return result + "</" + tag + ">\n";
}

std::string Renderer::table(const Block& block) {
    std::string result = "<div class=\"table\"><table>\n";
    bool head = block.lines.size() > 1 && block.lines[1].find_first_not_of("|-: ") == std::string::npos;
    for (std::size_t row = 0; row < block.lines.size(); ++row) {
        if (row == 1 && head) continue;
        std::string line = trim(block.lines[row]);
        line = line.substr(1, line.size() - (line.ends_with("|") ? 2 : 1));
        line = replace_all(line, "\\|", "\x01");
        const std::string cell = row == 0 && head ? "th" : "td";
        result += "<tr>";
        for (const std::string& text : split(line, '|')) {
            const std::string content = replace_all(trim(text), "\x01", "|");
            tell(Inline::plain(content));
            result += "<" + cell + ">" + inlines_.html_of(content, {path_, block.line + static_cast<int>(row)}) + "</" +
                      cell + ">";
        }
        result += "</tr>\n";
    }
    return result + "</table></div>\n";
}

std::string Renderer::numbered_caption(const std::string& caption, std::string& id, const Place& place) {
    ++findings_.figures;
    ++figure_;
    const std::string number =
        (chapter_ && chapter_->number > 0 ? std::to_string(chapter_->number) + "." : "") + std::to_string(figure_);
    id = prefix_ + "figure-" + std::to_string(figure_);
    tell(Inline::plain(caption));
    if (caption.empty()) problems_.add(place, "a figure has a caption");
    return "<b>Figure " + number + "</b> " + inlines_.html_of(caption, place);
}

std::string Renderer::fence(const Block& block) {
    const std::string kind = fence_kind(block);
    if (kind == "transcript" || kind == "experiment") return transcript(block);
    if (kind == "screenshot") return screenshot(block);
    if (kind == "bits" || kind == "dot") {
        std::string id;
        const std::string caption = numbered_caption(fence_rest(block), id, place(block));
        const std::string drawing = kind == "bits" ? bits_svg(block.lines, place(block), problems_)
                                                   : dot_svg(block.lines, place(block), problems_);
        return figure(drawing, caption, id, kind == "bits" ? "figure bits" : "figure dot");
    }
    if (kind.empty() || kind == "text" || kind == "cpp" || kind == "c" || kind == "asm" || kind == "sh" ||
        kind == "make") {
        return Listings::plain(block.lines, kind);
    }
    problems_.add(place(block), "there is no fence of the kind " + kind);
    return "";
}

std::string Renderer::transcript(const Block& block) {
    Transcript parsed;
    try {
        parsed = parse_transcript(block);
    } catch (const std::runtime_error& problem) {
        problems_.add(place(block), problem.what());
        return "";
    }
    ++findings_.transcripts;
    std::string head;
    if (!parsed.name.empty()) {
        const auto [first, fresh] = findings_.experiments.insert({parsed.name, place(block)});
        if (!fresh)
            problems_.add(place(block), "there is another experiment " + parsed.name + " at " + first->second.path);
        head = "<figcaption>Experiment <code>make experiments NAME=" + html(parsed.name) +
               "</code></figcaption><pre class=\"diff\">";
        for (const Change& one : parsed.changes) head += change(one, place(block));
        head += "</pre>";
    }
    std::string body;
    for (const Command& command : parsed.commands) {
        body +=
            "<span class=\"prompt\">" + html(prompt_of(command.where)) + "</span><b>" + html(command.text) + "</b>\n";
        for (const std::string& line : command.expected) body += html(line) + "\n";
    }
    return "<figure class=\"" + std::string(parsed.name.empty() ? "transcript" : "transcript experiment") + "\">" +
           head + "<pre class=\"transcript\">" + body + "</pre></figure>\n";
}

std::string Renderer::change(const Change& change, const Place& place) {
    const SourceFile* file = tree_.find(change.path);
    if (!file) {
        problems_.add(place, "there is no file " + change.path);
        return "";
    }
    try {
        const int number = changed_line(change, file->lines);
        const std::string old = trim(file->line(number));
        std::string result = "<a href=\"" + source_page(change.path) + "#L" + std::to_string(number) + "\">" +
                             html(change.path) + ":" + std::to_string(number) + "</a>\n<del>- " + html(old) +
                             "</del>\n";
        if (!change.remove)
            result += "<ins>+ " + html(trim(with_change(change, file->lines)[static_cast<std::size_t>(number - 1)])) +
                      "</ins>\n";
        return result;
    } catch (const std::runtime_error& problem) {
        problems_.add(place, problem.what());
        return "";
    }
}

std::string Renderer::screenshot(const Block& block) {
    const std::string rest = fence_rest(block);
    const std::string name = rest.substr(0, rest.find(' '));
    const std::string caption = rest.size() > name.size() ? trim(rest.substr(name.size())) : "";
    if (name.empty() || slug(name) != name) {
        problems_.add(place(block),
                      "a screenshot has a name of small letters, digits and dashes: ```screenshot NAME CAPTION");
        return "";
    }
    if (!findings_.screenshots.insert({name, join(block.lines) + "\n"}).second)
        problems_.add(place(block), "there is another screenshot " + name);
    std::string id;
    const std::string text = numbered_caption(caption, id, place(block));
    const std::string alt = html(Inline::plain(caption));
    return figure("<img class=\"in-light\" src=\"screenshot-" + name + "-light.png\" alt=\"" + alt +
                      "\"><img class=\"in-dark\" src=\"screenshot-" + name + "-dark.png\" alt=\"" + alt + "\">",
                  text, id, "figure screenshot");
}

}  // namespace weaver
