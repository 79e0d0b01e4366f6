// SPDX-License-Identifier: MIT
/// @file
/// @brief Frames around the chapters: the sidebar, the steps, Doxygen's comment, the page to print.
/// @chapter testing
#include "book/weaver/pages.h"

#include <regex>
#include <set>

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

namespace {

/// A page and, where a part begins with it, the part's title before it.
std::string printed(const Book& book, const Page& page, int& part) {
    std::string title;
    for (const Chapter& chapter : book.chapters) {
        if (chapter_page(chapter) != page.name + ".html" || chapter.part == part) continue;
        part = chapter.part;
        const Part& now = book.parts[static_cast<std::size_t>(part)];
        title = "<section class=\"part-title\"><p>Part " + html(now.number) + "</p><h1>" + html(now.title) +
                "</h1></section>\n";
    }
    return title + "<article class=\"" + page.css + "\" id=\"page-" + page.name + "\"><h1>" + html(page.title) +
           "</h1>\n" + page.body + "</article>\n";
}

/// What is on the sheet is linked there; everything else is only in the site.
std::string with_links_inside(const std::string& body, const std::set<std::string>& inside) {
    static const std::regex href(R"re(<a( class="[^"]*")? href="([a-zA-Z0-9_-]+)\.html(#[^"]*)?"([^>]*)>)re");
    std::string result;
    auto last = body.cbegin();
    for (std::sregex_iterator at(body.begin(), body.end(), href), end; at != end; ++at) {
        const std::smatch& match = *at;
        result.append(last, match[0].first);
        const bool there = inside.contains(match[2].str());
        const std::string target = match[3].matched ? match[3].str() : "#page-" + match[2].str();
        result += there ? "<a" + match[1].str() + " href=\"" + target + "\">" : "<a>";
        last = match[0].second;
    }
    return result.append(last, body.cend());
}

std::string sheet(const std::string& body, const std::set<std::string>& inside) {
    return "<!DOCTYPE html>\n<html lang=\"en\" class=\"light-mode\"><head><meta "
           "charset=\"utf-8\"><title>Twain</title>\n"
           "<link rel=\"stylesheet\" href=\"../html/doxygen-awesome.css\"><link rel=\"stylesheet\" "
           "href=\"../html/book.css\"></head>\n<body class=\"print\">" +
           replace_all(with_links_inside(body, inside), "src=\"screenshot-", "src=\"../html/screenshot-") +
           "</body></html>\n";
}

constexpr std::size_t kSheetBytes = 400'000;

}  // namespace

std::vector<std::string> print_sheets(const Book& book, const std::vector<Page>& pages) {
    std::vector<std::string> sheets;
    std::string body =
        "<section class=\"cover\"><h1>Twain</h1><p>A small operating system and virtual machine monitor, "
        "every line explained</p></section>\n";
    std::set<std::string> inside;
    int part = -1;
    for (const Page& page : pages) {
        body += printed(book, page, part);
        inside.insert(page.name);
        if (body.size() < kSheetBytes && &page != &pages.back()) continue;
        sheets.push_back(sheet(body, inside));
        body.clear();
        inside.clear();
    }
    return sheets;
}

}  // namespace weaver
