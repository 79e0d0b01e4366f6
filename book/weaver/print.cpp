// SPDX-License-Identifier: MIT
/// @file
/// @brief Makes one book of many pages: contents, outline, links from sheet to sheet.
/// @chapter testing
#include "book/weaver/print.h"

#include <set>

#include "book/weaver/pattern.h"

namespace weaver {
namespace {

constexpr std::size_t kSheetBytes = 1'600'000;

/// The place where a page begins. All others are anchors, each the only one of its name in the book.
std::string place_of(const std::string& page) { return "page-" + page; }

/// The text without tags, where HTML's special characters mean themselves again.
std::string plain(const std::string& inner) {
    static const Pattern tag("<[^>]*>");
    std::string text = tag.replace(inner, "");
    for (const auto& [name, character] :
         {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}})
        text = replace_all(std::move(text), name, character);
    return text;
}

class Press {
   public:
    Press(const Book& book, const Findings& findings, const std::vector<Page>& pages)
        : book_(book), findings_(findings), pages_(pages) {
        for (const Page& page : pages) names_.insert(page.name);
    }

    Printed print() {
        std::vector<std::string> bodies(1);
        std::string outline, contents;
        int part = -1;
        for (const Page& page : pages_) {
            const std::string group = group_of(page, part);
            if (!group.empty()) {
                outline += "0 " + place_of(page.name) + " " + group + "\n";
                contents += "<h2>" + html(group) + "</h2>\n";
            }
            outline += "1 " + place_of(page.name) + " " + page.title + "\n";
            contents += "<p><a href=\"twain:contents/" + place_of(page.name) + "\">" + html(page.title) + "</a></p>\n";
            const auto headings = findings_.headings.find(page.name + ".html");
            if (headings != findings_.headings.end()) {
                for (const Heading& heading : headings->second) {
                    if (heading.level == 2) outline += "2 " + heading.id + " " + plain(heading.text) + "\n";
                }
            }
            if (bodies.back().size() >= kSheetBytes) bodies.emplace_back();
            bodies.back() += printed(page, group);
        }
        bodies.insert(bodies.begin(),
                      "<section class=\"cover\"><h1>Twain</h1><p>A small operating system and virtual machine monitor, "
                      "every line explained</p></section>\n<article class=\"contents\"><h1>Contents</h1>\n" +
                          contents + "</article>\n");
        Printed all{.sheets = {}, .outline = outline};
        for (const std::string& body : bodies) all.sheets.push_back(sheet(body));
        return all;
    }

   private:
    /// What the pages from here on are, where that changes; otherwise empty.
    std::string group_of(const Page& page, int& part) const {
        int now = page.name.starts_with("answers-") ? 1000 : 1001;
        for (const Chapter& chapter : book_.chapters) {
            if (chapter_page(chapter) == page.name + ".html") now = chapter.part;
        }
        if (now == part) return {};
        part = now;
        if (now == 1000) return "Answers";
        if (now == 1001) return "Reference";
        const Part& begun = book_.parts[static_cast<std::size_t>(now)];
        return "Part " + begun.number + ": " + begun.title;
    }

    /// A page; before it stands the title of the group that begins with it.
    static std::string printed(const Page& page, const std::string& group) {
        std::string title;
        if (!group.empty()) title = "<section class=\"part-title\"><h1>" + html(group) + "</h1></section>\n";
        return title + "<article class=\"" + page.css + "\" id=\"" + place_of(page.name) + "\"><h1>" +
               html(page.title) + "</h1>\n" + page.body + "</article>\n";
    }

    /// Each link to another page of the book as the place it means: on this sheet, or for the binder. Links to what is only in the
    /// site are none. Chromium writes down the places that a link of the same document leads to, hence those at the end, which
    /// nobody sees.
    std::string sheet(const std::string& body) const {
        static const Pattern id(R"re(\sid="([^"]+)")re");
        static const Pattern href(R"re(<a( class="[^"]*")? href="([a-zA-Z0-9_-]+)\.html(?:#([^"]*))?"([^>]*)>)re");
        std::set<std::string> here;
        for (const Pattern::Match& found : id.all(body)) here.insert(found[1]);
        const std::string linked = href.replace_each(body, [&](const Pattern::Match& match) -> std::string {
            if (!names_.contains(match[2])) return "<a>";
            const std::string place = match[3].empty() ? place_of(match[2]) : match[3];
            return "<a" + match[1] + " href=\"" + (here.contains(place) ? "#" : "twain:") + place + "\">";
        });
        std::string places;
        for (const std::string& name : here) places += "<a href=\"#" + name + "\"></a>";
        return "<!DOCTYPE html>\n<html lang=\"en\" class=\"light-mode\"><head><meta "
               "charset=\"utf-8\"><title>Twain</title>\n"
               "<link rel=\"stylesheet\" href=\"../html/doxygen-awesome.css\"><link rel=\"stylesheet\" "
               "href=\"../html/book.css\"></head>\n<body class=\"print\">" +
               replace_all(linked, "src=\"screenshot-", "src=\"../html/screenshot-") + "<div hidden>" + places +
               "</div></body></html>\n";
    }

    const Book& book_;
    const Findings& findings_;
    const std::vector<Page>& pages_;
    std::set<std::string> names_;
};

}  // namespace

Printed print(const Book& book, const Findings& findings, const std::vector<Page>& pages) {
    return Press(book, findings, pages).print();
}

}  // namespace weaver
