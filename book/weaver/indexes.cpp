// SPDX-License-Identifier: MIT
/// @file
/// @brief Making the generated pages.
/// @chapter testing
#include "book/weaver/indexes.h"

#include <algorithm>
#include <set>

#include "book/weaver/figures.h"
#include "book/weaver/json.h"
#include "book/weaver/pattern.h"

namespace weaver {
namespace {

std::string link(const std::string& url, const std::string& text) {
    return "<a href=\"" + url + "\">" + html(text) + "</a>";
}

std::string first_sentence(const std::string& text) {
    const std::size_t end = text.find(". ");
    return text.size() <= 110 || end == std::string::npos ? text.substr(0, text.size()) : text.substr(0, end + 1);
}

/// The chapter's first paragraph, as its summary.
std::string summary(const Chapter& chapter) {
    for (const Block& block : chapter.blocks) {
        if (block.kind == Block::Kind::Paragraph) return first_sentence(Inline::plain(block.text));
    }
    return "";
}

std::string chapter_list(const Woven& woven, int part) {
    std::string result = "<ol class=\"chapters\">\n";
    for (const Chapter& chapter : woven.book.chapters) {
        if (chapter.part != part) continue;
        const std::string number =
            "<span class=\"number\">" + (chapter.number == 0 ? "" : std::to_string(chapter.number)) + "</span>";
        result += "<li>" + number + "<div>" +
                  (chapter.written ? link(chapter_page(chapter), chapter.title)
                                   : html(chapter.title) + " <em>(not written yet)</em>") +
                  "<p>" + html(summary(chapter)) + "</p></div></li>\n";
    }
    return result + "</ol>\n";
}

/// Where a source cites something: its line in the book, or in the page of its file.
std::string source_use(const Woven& woven, const std::string& path, int line) {
    const Region* region = woven.regions.shown_by(path, line);
    const std::string where = path + ":" + std::to_string(line);
    return "<code>" + link(source_page(path) + "#L" + std::to_string(line), where) + "</code>" +
           (region ? " in " + link(chapter_page(*region->chapter) + "#" + region->anchor, region->chapter->title) : "");
}

}  // namespace

Page contents_page(const Woven& woven) {
    Page page{"index", "Twain", "", "contents-page"};
    page.body =
        "<p class=\"lead\">A small operating system and a virtual machine monitor that boot unmodified Linux, with "
        "every line of both "
        "in this book. It is woven from the source that runs: the listings are the program, the transcripts came out "
        "of the machine, "
        "and the pictures out of its debugger.</p>\n";
    for (std::size_t part = 0; part < woven.book.parts.size(); ++part) {
        page.body += "<h2 class=\"part\"><small>Part " + html(woven.book.parts[part].number) + "</small> " +
                     link("part-" + std::to_string(part + 1) + ".html", woven.book.parts[part].title) + "</h2>\n" +
                     chapter_list(woven, static_cast<int>(part));
    }
    page.body +=
        "<h2 class=\"part\">Reference</h2><p>" + link("map.html", "A map of the machine") + ", " +
        link("glossary.html", "glossary") + ", " + link("manuals.html", "manuals") + ", " +
        link("files-by-chapter.html", "files by chapter") + ", " + link("sdm-citations.html", "Intel SDM citations") +
        ", " + link("apm-citations.html", "AMD APM citations") + ", " + link("exercises.html", "exercises") + ", " +
        link("sources.html", "every file") + ", " + link("reference/index.html", "classes and functions") + ".</p>\n";
    return page;
}

Page part_page(const Woven& woven, std::size_t part) {
    const Part& it = woven.book.parts[part];
    return {"part-" + std::to_string(part + 1), "Part " + it.number + ": " + it.title,
            chapter_list(woven, static_cast<int>(part)), "part-page"};
}

Page map_page(const Woven& woven, Problems& problems) {
    const Place place{"book/site/map.svg", 0};
    std::string svg = inline_svg("site/map.svg", place, problems);
    for (const Chapter& chapter : woven.book.chapters) {
        const std::string mark = "href=\"@" + chapter.tag + "\"";
        const std::string target = chapter.written ? "href=\"" + chapter_page(chapter) + "\"" : "class=\"unwritten\"";
        if (svg.find(mark) == std::string::npos && chapter.number > 1 && chapter.tag != "argument")
            problems.add(place, "the map does not lead to " + chapter.tag);
        svg = replace_all(svg, mark, target);
    }
    if (svg.find("href=\"@") != std::string::npos) problems.add(place, "a link of the map leads nowhere");
    return {"map", "The machine on one page",
            "<p>What stands where, from the guest down to the hardware. Each box leads to the chapter that explains "
            "it.</p>\n<figure class=\"figure map\">" +
                svg + "</figure>\n",
            "map-page"};
}

Page files_page(const Woven& woven) {
    Page page{"files-by-chapter", "Files by chapter", "", "index-page"};
    for (const Chapter& chapter : woven.book.chapters) {
        std::map<std::string, const Region*> files;
        for (const auto& region : woven.regions.all()) {
            if (region->chapter == &chapter) files.insert({region->file->path, region.get()});
        }
        if (files.empty()) continue;
        page.body += "<h2>" + link(chapter_page(chapter), chapter.full_title()) + "</h2><ul class=\"files\">\n";
        for (const auto& [path, region] : files) {
            page.body += "<li><code>" + link(chapter_page(chapter) + "#" + region->anchor, path) + "</code> " +
                         html(region->file->brief) + "</li>\n";
        }
        page.body += "</ul>\n";
    }
    return page;
}

Page citations_page(const Woven& woven, const std::string& manual, const std::string& name) {
    Page page{manual + "-citations", name + " citations", "", "index-page"};
    page.body =
        "<p>" + html(woven.manuals.name_of(manual)) +
        ". Each section with the places of the source and of the book that cite it.</p>\n<dl class=\"citations\">\n";
    std::map<std::string, std::vector<std::string>> uses;
    for (const auto& [anchor, all] : woven.inlines.citations()) {
        std::set<std::string> seen;
        for (const CitationUse& use : all) {
            if (seen.insert(use.page).second) uses[anchor].push_back(link(use.page, use.label));
        }
    }
    for (const auto& [path, file] : woven.tree.files()) {
        for (const SourceCitation& citation : file.citations) {
            const ManualEntry* entry = woven.manuals.find(citation.manual, citation.section);
            if (entry) uses[entry->anchor].push_back(source_use(woven, path, citation.line));
        }
    }
    for (const ManualEntry& entry : woven.manuals.entries()) {
        if (entry.manual != manual || uses[entry.anchor].empty()) continue;
        page.body += "<dt>" + link("manuals.html#" + entry.anchor, entry.title) + " <small>" + html(entry.where) +
                     "</small></dt>\n";
        for (const std::string& use : uses[entry.anchor]) page.body += "<dd>" + use + "</dd>\n";
    }
    page.body += "</dl>\n";
    return page;
}

Page exercises_page(const Woven& woven) {
    Page page{"exercises", "Exercises", "", "index-page"};
    for (const Chapter& chapter : woven.book.chapters) {
        const Block* exercises = exercises_of(chapter);
        if (!exercises) continue;
        page.body += "<h2>" + link(chapter_page(chapter), chapter.full_title()) + "</h2><ol>\n";
        int number = 0;
        for (const auto& item : exercises->items) {
            const std::string id = chapter.tag + "-" + std::to_string(++number);
            page.body += "<li>" +
                         link(chapter_page(chapter) + "#exercise-" + id,
                              item.empty() ? "" : first_sentence(Inline::plain(item[0].text))) +
                         " <small>" + link("answers-" + chapter.tag + ".html#answer-" + id, "answer") +
                         "</small></li>\n";
        }
        page.body += "</ol>\n";
    }
    return page;
}

Page sources_page(const Woven& woven) {
    Page page{"sources", "Every file", "", "index-page"};
    std::string folder;
    for (const auto& [path, file] : woven.tree.files()) {
        const std::size_t end = path.rfind('/');
        const std::string now = end == std::string::npos ? "" : path.substr(0, end);
        if (now != folder || page.body.empty()) {
            page.body += std::string(page.body.empty() ? "" : "</ul>\n") + "<h2>" +
                         (now.empty() ? "The top" : "<code>" + html(now) + "</code>") + "</h2><ul class=\"files\">\n";
            folder = now;
        }
        page.body += "<li><code>" + link(source_page(path), path.substr(end == std::string::npos ? 0 : end + 1)) +
                     "</code> " + html(file.brief) + "</li>\n";
    }
    page.body += "</ul>\n";
    return page;
}

Page manuals_page(const Woven& woven) {
    Page page{"manuals", "Manuals", "", "index-page"};
    std::string manual;
    for (const Block& block : woven.manuals.blocks()) {
        const Place place{Manuals::kPath, block.line};
        if (block.kind == Block::Kind::Heading && block.level == 2) {
            page.body += "<h2>" + html(block.text.substr(block.text.find(' ') + 1)) + "</h2>\n";
            manual = block.text.substr(0, block.text.find(' '));
        } else if (block.kind == Block::Kind::Paragraph) {
            page.body += "<p>" + woven.inlines.html_of(block.text, place) + "</p>\n";
        } else if (block.kind == Block::Kind::List) {
            page.body += "<ul class=\"manual\">\n";
            for (const ManualEntry& entry : woven.manuals.entries()) {
                if (entry.manual == manual)
                    page.body += "<li id=\"" + entry.anchor + "\"><b>" + html(entry.title) + "</b> " +
                                 html(entry.where) + "</li>\n";
            }
            page.body += "</ul>\n";
        }
    }
    return page;
}

Page glossary_page(const Woven& woven, Problems& problems) {
    const std::string path = "book/glossary.md";
    Page page{"glossary", "Glossary", "", "index-page"};
    static const Pattern entry(R"(^\*\*(.+?)\*\*\s*([^]*)$)");
    std::string last;
    for (const Block& block : parse_markdown(read_file(path))) {
        if (block.kind == Block::Kind::Paragraph)
            page.body += "<p>" + woven.inlines.html_of(block.text, {path, block.line}) + "</p>\n";
        if (block.kind != Block::Kind::List) continue;
        page.body += "<dl class=\"glossary\">\n";
        for (const auto& item : block.items) {
            Pattern::Match match;
            const Place place{path, item.empty() ? block.line : item[0].line};
            if (item.empty() || !entry.matches(item[0].text, match)) {
                problems.add(place, "an entry is `- **word** meaning`");
                continue;
            }
            const std::string word = match[1];
            if (slug(word) < last) problems.add(place, word + " stands behind its place in the alphabet");
            last = slug(word);
            page.body += "<dt id=\"" + slug(word) + "\">" + woven.inlines.html_of(word, place) + "</dt><dd>" +
                         woven.inlines.html_of(match[2], place) + "</dd>\n";
        }
        page.body += "</dl>\n";
    }
    return page;
}

std::string search_data(const Woven& woven) {
    std::string result = "window.twainSearch = {\"passages\": [\n";
    for (const Passage& passage : woven.findings.passages) {
        if (passage.text.empty() && passage.heading.empty()) continue;
        result += "[" + json_string(passage.url) + "," + json_string(passage.chapter) + "," +
                  json_string(passage.heading) + "," + json_string(passage.text) + "],\n";
    }
    result += "], \"symbols\": [\n";
    std::set<std::string> seen;
    for (const auto& [path, file] : woven.tree.files()) {
        for (const Definition& definition : woven.definitions.in(path)) {
            const bool wanted = definition.kind != "member" && definition.kind != "prototype" &&
                                definition.kind != "namespace" && definition.kind != "externvar";
            if (!wanted || !is_woven(path) || !seen.insert(definition.name + path).second) continue;
            result += "[" + json_string(definition.name) + "," + json_string(woven.names.url(definition)) + "," +
                      json_string(path) + "],\n";
        }
    }
    return result + "]};\n";
}

}  // namespace weaver
