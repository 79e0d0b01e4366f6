// SPDX-License-Identifier: MIT
/// @file
/// @brief Frames around the chapters: the sidebar, the steps, Doxygen's comment.
/// @chapter testing
#include "book/weaver/pages.h"

namespace weaver {
namespace {

std::string link(const std::string& url, const std::string& inner, const std::string& more = "") {
    return "<a href=\"" + url + "\"" + more + ">" + inner + "</a>";
}

/// Text in a Doxygen comment that means itself.
std::string inert(std::string text) {
    text = replace_all(std::move(text), "@", "&#64;");
    text = replace_all(std::move(text), "\\", "&#92;");
    return replace_all(std::move(text), "*/", "*&#47;");
}

std::string chapter_line(const Chapter& chapter) {
    const std::string number = chapter.number == 0 ? "" : std::to_string(chapter.number);
    return "<span class=\"number\">" + number + "</span><span>" + html(chapter.title) + "</span>";
}

}  // namespace

std::string sidebar(const Book& book, const Findings& findings, const std::string& current) {
    std::string result = "<details class=\"sidebar\"><summary>Contents</summary><nav aria-label=\"Contents\">\n";
    for (std::size_t part = 0; part < book.parts.size(); ++part) {
        result +=
            "<p>" + link("part-" + std::to_string(part + 1) + ".html", html(book.parts[part].title)) + "</p><ul>\n";
        for (const Chapter& chapter : book.chapters) {
            if (chapter.part != static_cast<int>(part) || !chapter.written) continue;
            const std::string url = chapter_page(chapter);
            const bool here = url == current + ".html";
            result += "<li>" + link(url, chapter_line(chapter), here ? " class=\"here\" aria-current=\"page\"" : "");
            const auto headings = findings.headings.find(url);
            if (here && headings != findings.headings.end()) {
                result += "<ul>";
                for (const Heading& heading : headings->second) {
                    if (heading.level == 2) result += "<li>" + link("#" + heading.id, heading.text) + "</li>";
                }
                result += "</ul>";
            }
            result += "</li>\n";
        }
        result += "</ul>\n";
    }
    result += "<p>Reference</p><ul>";
    for (const auto& [url, title] : {std::pair{"map", "The machine, a map"},
                                     {"glossary", "Glossary"},
                                     {"manuals", "Manuals"},
                                     {"files-by-chapter", "Files by chapter"},
                                     {"sdm-citations", "Intel SDM citations"},
                                     {"apm-citations", "AMD APM citations"},
                                     {"exercises", "Exercises"},
                                     {"sources", "Every file"}}) {
        const bool here = current == url;
        result += "<li>" +
                  link(std::string(url) + ".html", title, here ? " class=\"here\" aria-current=\"page\"" : "") +
                  "</li>";
    }
    return result + "</ul></nav></details>\n";
}

std::string steps(const Neighbour& before, const Neighbour& after) {
    std::string result = "<nav class=\"steps\" aria-label=\"Previous and next\">";
    result += before.url.empty() ? "<span></span>"
                                 : link(before.url, "<small>Previous</small>" + html(before.title), " rel=\"prev\"");
    result += after.url.empty() ? "<span></span>"
                                : link(after.url, "<small>Next</small>" + html(after.title), " rel=\"next\"");
    return result + "</nav>\n";
}

std::string doxygen_page(const Page& page, const std::string& side) {
    const std::string head =
        page.name == "index" ? "\\mainpage " + inert(page.title) : "\\page " + page.name + " " + inert(page.title);
    return "/** " + head + "\n\\htmlonly[block]\n" +
           inert(side + "<article class=\"" + page.css + "\">\n" + page.body + "</article>\n") + "\\endhtmlonly\n*/\n";
}

std::string framed_page(const Page& page, const std::string& header, const std::string& footer) {
    const std::string top = replace_all(replace_all(header, "$title", html(page.title)), "$relpath^", "");
    return top + "</div>\n<div class=\"header\"><div class=\"headertitle\"><div class=\"title\">" + html(page.title) +
           "</div></div></div>\n<div class=\"contents\"><div class=\"textblock\"><article class=\"" + page.css +
           "\">\n" + page.body + "</article></div></div>\n" + replace_all(footer, "$relpath^", "");
}

}  // namespace weaver
