// SPDX-License-Identifier: MIT
/// @file
/// @brief Putting the site together.
/// @chapter testing
#include "book/weaver/site.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "book/weaver/print.h"

namespace weaver {
namespace {

std::vector<Page> chapter_pages(const Woven& woven, const Bodies& bodies) {
    std::vector<const Chapter*> written;
    for (const Chapter& chapter : woven.book.chapters) {
        if (chapter.written) written.push_back(&chapter);
    }
    const auto neighbour = [&](std::size_t at) {
        if (at >= written.size()) return Neighbour{at > written.size() ? "index.html" : "", "Contents"};
        return Neighbour{chapter_page(*written[at]), written[at]->full_title()};
    };
    std::vector<Page> pages;
    for (std::size_t at = 0; at < written.size(); ++at) {
        const Chapter& chapter = *written[at];
        // Before the first comes the table of contents.
        const Neighbour before = at == 0 ? Neighbour{"index.html", "Contents"} : neighbour(at - 1);
        pages.push_back({"chapter-" + chapter.tag, chapter.full_title(),
                         bodies.chapters.at(chapter.tag) + steps(before, neighbour(at + 1)), "chapter"});
    }
    return pages;
}

std::vector<Page> answer_pages(const Woven& woven, const Bodies& bodies) {
    std::vector<Page> pages;
    for (const Chapter& chapter : woven.book.chapters) {
        if (!chapter.written) continue;
        const std::string back = "<p><a href=\"" + chapter_page(chapter) + "\">Back to the chapter</a></p>\n";
        pages.push_back({"answers-" + chapter.tag, "Answers to " + chapter.full_title(),
                         bodies.answers.at(chapter.tag) + back, "chapter answers"});
    }
    return pages;
}

/// Files that no longer belong to the book.
void remove_others(const std::filesystem::path& folder, const std::set<std::string>& wanted) {
    if (!std::filesystem::exists(folder)) return;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (!wanted.contains(entry.path().filename())) std::filesystem::remove_all(entry.path());
    }
}

void write_sources(const std::filesystem::path& output, const Woven& woven, const Listings& listings) {
    const std::string header = read_file("book/site/header.html"), footer = read_file("book/site/footer.html");
    std::set<std::string> names;
    for (const auto& [path, file] : woven.tree.files()) {
        if (!names.insert(source_page(path)).second)
            throw std::runtime_error(path + " and another file have the page " + source_page(path));
        Page page{"", path, "", "source-page"};
        page.body = "<p>" + html(file.brief) + "</p>\n" + listings.whole_file(file);
        write_file(output / source_page(path), framed_page(page, header, footer));
    }
}

}  // namespace

void write_site(const std::filesystem::path& output, const Woven& woven, const Bodies& bodies, const Listings& listings,
                Problems& problems) {
    const std::vector<Page> chapters = chapter_pages(woven, bodies), answers = answer_pages(woven, bodies);
    std::vector<Page> references{map_page(woven, problems),
                                 glossary_page(woven, problems),
                                 manuals_page(woven),
                                 files_page(woven),
                                 citations_page(woven, "sdm", "Intel SDM"),
                                 citations_page(woven, "apm", "AMD APM"),
                                 exercises_page(woven)};
    std::vector<Page> pages{contents_page(woven)};
    for (std::size_t part = 0; part < woven.book.parts.size(); ++part) pages.push_back(part_page(woven, part));
    pages.insert(pages.end(), chapters.begin(), chapters.end());
    pages.insert(pages.end(), answers.begin(), answers.end());
    pages.insert(pages.end(), references.begin(), references.end());
    pages.push_back(sources_page(woven));

    std::set<std::string> names;
    for (const Page& page : pages) {
        write_file(output / "pages" / (page.name + ".dox"),
                   doxygen_page(page, sidebar(woven.book, woven.findings, page.name)));
        names.insert(page.name + ".dox");
    }
    remove_others(output / "pages", names);
    write_sources(output / "sources", woven, listings);
    write_file(output / "site" / "search-data.js", search_data(woven));

    names.clear();
    for (const auto& [name, script] : woven.findings.screenshots) {
        write_file(output / "screenshots" / (name + ".script"), script);
        names.insert({name + ".script", name + "-light.png", name + "-dark.png", name + ".made"});
    }
    remove_others(output / "screenshots", names);

    std::vector<Page> printed = chapters;
    printed.insert(printed.end(), answers.begin(), answers.end());
    printed.insert(printed.end(), references.begin(), references.end());
    const Printed paper = print(woven.book, woven.findings, printed);
    write_file(output / "print" / "outline", paper.outline);
    names = {"outline"};
    for (std::size_t sheet = 0; sheet < paper.sheets.size(); ++sheet) {
        const std::string name = std::to_string(100 + sheet).substr(1);
        write_file(output / "print" / (name + ".html"), paper.sheets[sheet]);
        names.insert({name + ".html", name + ".pdf"});
    }
    remove_others(output / "print", names);
}

}  // namespace weaver
