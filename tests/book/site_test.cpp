// SPDX-License-Identifier: MIT
/// @file
/// @brief The site of the book in a browser: links, steps, search, widths and shades.
/// @chapter testing
#include "tests/book/site.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFOutlineDocumentHelper.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <sstream>

#include "book/weaver/chapter.h"
#include "book/weaver/inline.h"
#include "tests/machine/machine.h"

namespace proof {
namespace {

const Site& site() {
    static const Site all(machine::build_directory() + "/book/html");
    return all;
}

std::vector<std::string> chapter_pages() {
    weaver::Problems ignored;
    std::vector<std::string> pages;
    for (const weaver::Chapter& chapter : weaver::Book::read(ignored).chapters) {
        if (chapter.written) pages.push_back("chapter-" + chapter.tag + ".html");
    }
    return pages;
}

TEST(Site, HasAPageForEveryChapterAndIndex) {
    for (const std::string& page : chapter_pages()) EXPECT_TRUE(site().pages().contains(page)) << page;
    for (const char* page :
         {"index.html", "map.html", "glossary.html", "manuals.html", "files-by-chapter.html", "sdm-citations.html",
          "apm-citations.html", "exercises.html", "sources.html", "reference/index.html"}) {
        EXPECT_TRUE(site().pages().contains(page)) << page;
    }
}

TEST(Site, LinksLeadSomewhere) {
    std::size_t links = 0;
    int faults = 0;
    for (const auto& [name, page] : site().pages()) {
        for (const std::string& link : page.links) {
            ++links;
            const std::string fault = site().fault_of(name, link);
            if (!fault.empty() && ++faults <= 20) ADD_FAILURE() << name << ": " << link << ": " << fault;
        }
    }
    EXPECT_GT(links, 10'000u);
    EXPECT_EQ(faults, 0);
}

TEST(Site, SeesALinkThatLeadsNowhere) {
    EXPECT_NE(site().fault_of("index.html", "nowhere.html"), "");
    EXPECT_NE(site().fault_of("index.html", "glossary.html#nothing"), "");
    EXPECT_EQ(site().fault_of("index.html", "glossary.html#pair"), "");
    EXPECT_EQ(site().fault_of("reference/index.html", "../index.html"), "");
}

TEST(Site, NextAndPreviousWalkEveryChapter) {
    const std::vector<std::string> chapters = chapter_pages();
    ASSERT_FALSE(chapters.empty());
    std::vector<std::string> walked{chapters.front()};
    while (!site().step(walked.back(), "next").empty() && walked.size() <= chapters.size()) {
        const std::string next = site().step(walked.back(), "next");
        EXPECT_EQ(site().step(next, "prev"), walked.back());
        walked.push_back(next);
    }
    EXPECT_EQ(walked, chapters);
    EXPECT_EQ(site().step(chapters.front(), "prev"), "index.html");
}

/// A word that the prose of one chapter has, and nothing else of the book or the source.
std::pair<std::string, std::string> word_of_prose_alone() {
    weaver::Problems ignored;
    std::map<std::string, std::set<std::string>> chapters;
    for (const weaver::Chapter& chapter : weaver::Book::read(ignored).chapters) {
        for (const weaver::Block& block : chapter.blocks) {
            if (block.kind != weaver::Block::Kind::Paragraph) continue;
            std::string text = weaver::slug(weaver::replace_all(block.text, "\n", " "));
            for (const std::string& word : weaver::split(text, '-'))
                chapters[word].insert("chapter-" + chapter.tag + ".html");
        }
    }
    const std::string sources = weaver::output_of({"git", "grep", "-hIi", ".", "--", "kernel", "vmm"});
    for (const auto& [word, pages] : chapters) {
        if (word.size() < 9 || pages.size() != 1 || word.find_first_of("0123456789") != std::string::npos) continue;
        if (sources.find(word) == std::string::npos) return {word, *pages.begin()};
    }
    return {};
}

TEST(Site, SearchFindsAWordThatStandsOnlyInProse) {
    const auto [word, page] = word_of_prose_alone();
    ASSERT_NE(word, "");
    const std::string document = rendered(site().folder() / "index.html", "?find=" + word);
    const std::size_t found = document.find("class=\"found\"");
    ASSERT_NE(found, std::string::npos);
    const std::string results = document.substr(found, document.find("</form>", found) - found);
    EXPECT_NE(results.find(page), std::string::npos) << word << "\n" << results;
    const std::string nothing = rendered(site().folder() / "index.html", "?find=" + word + "qqq");
    EXPECT_NE(nothing.find("Nothing is found."), std::string::npos);
}

TEST(Site, SearchFindsASymbolWhereItIsDefined) {
    const std::string document = rendered(site().folder() / "index.html", "?find=noted_by_processor");
    const std::size_t found = document.find("class=\"found\"");
    ASSERT_NE(found, std::string::npos);
    const std::string results = document.substr(found, document.find("</form>", found) - found);
    EXPECT_NE(results.find("chapter-pair.html#"), std::string::npos) << results;
}

TEST(Site, NeedsNoNetwork) {
    for (const auto& [name, page] : site().pages()) {
        // In a listing, such as this one's, the quotation marks are &quot;.
        for (const char* fetched : {"src=\"http", "rel=\"stylesheet\" href=\"http", "url(\"http", "@import \""}) {
            EXPECT_EQ(page.text.find(fetched), std::string::npos) << name << ": " << fetched;
        }
    }
}

/// Opens every chapter in three widths and two shades, and says what does not fit, what is missing, what cannot be read.
const char* const kProbe = R"(<!DOCTYPE html><meta charset="utf-8"><pre id="said"></pre><script>
const contrast = (a, b) => {
    const luminance = (colour) => { const [r, g, b] = colour.match(/[\d.]+/g).map((n) => (n / 255) ** 2.2); return 0.21 * r + 0.72 * g + 0.07 * b; };
    const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
};
const look = async (page, width) => {
    const frame = document.createElement('iframe');
    frame.style.cssText = `width:${width}px;height:900px;border:0`;
    frame.src = page;
    document.body.append(frame);
    await new Promise((loaded) => frame.onload = loaded);
    const root = frame.contentDocument.documentElement, said = [];
    if (root.scrollWidth > width) said.push(`is ${root.scrollWidth} wide`);
    for (const image of frame.contentDocument.images) if (image.complete && image.naturalWidth === 0) said.push('lacks ' + image.src);
    const listing = frame.contentDocument.querySelector('pre.code');
    if (listing && parseFloat(frame.contentWindow.getComputedStyle(listing).fontSize) < 12) said.push('has small listings');
    if (width === 390 && listing && listing.scrollWidth > listing.clientWidth + 1) said.push('has listings that must be moved sideways');
    for (const shade of ['light-mode', 'dark-mode']) {
        root.className = shade;
        const ground = frame.contentWindow.getComputedStyle(frame.contentDocument.body).backgroundColor;
        for (const what of ['article p', 'article a', 'pre.code', '.l .c', '.l .k', 'figure.figure svg text']) {
            const element = frame.contentDocument.querySelector(what);
            if (!element) continue;
            const style = frame.contentWindow.getComputedStyle(element);
            const ratio = contrast(element.tagName === 'text' ? style.fill : style.color, ground);
            if (ratio < 4.5) said.push(`${what} in ${shade} has a contrast of ${ratio.toFixed(1)}`);
        }
    }
    frame.remove();
    return `${page} at ${width}: ` + (said.join('; ') || 'good');
};
(async () => {
    const said = [];
    for (const page of PAGES) for (const width of [390, 1280, 1920]) said.push(await look(page, width));
    document.getElementById('said').textContent = said.join('\n') + '\n';
})();
</script>)";

TEST(Site, FitsTelephonesAndScreensInLightAndDarkness) {
    std::string pages;
    std::vector<std::string> names = chapter_pages();
    names.insert(names.end(), {"index.html", "map.html", "glossary.html", "files-by-chapter.html", "exercises.html"});
    for (const std::string& page : names) pages += "'html/" + page + "',";
    const std::filesystem::path probe = site().folder().parent_path() / "probe.html";
    weaver::write_file(probe, weaver::replace_all(kProbe, "PAGES", "[" + pages + "]"));
    const std::string document = rendered(probe, "");
    const std::size_t begin = document.find("<pre id=\"said\">") + 15;
    std::istringstream lines(document.substr(begin, document.find("</pre>", begin) - begin));
    std::size_t looked = 0;
    for (std::string line; std::getline(lines, line); ++looked) EXPECT_TRUE(line.ends_with(": good")) << line;
    EXPECT_EQ(looked, names.size() * 3) << "Chromium did not look at all pages";
}

/// Calls `visit` for each entry below these, parents first.
template <class Visit>
void for_each_entry(const std::vector<QPDFOutlineObjectHelper>& entries, const Visit& visit) {
    for (QPDFOutlineObjectHelper entry : entries) {
        visit(entry);
        for_each_entry(entry.getKids(), visit);
    }
}

TEST(Pdf, LeadsFromItsOutlineAndItsLinksToItsPages) {
    QPDF book;
    book.processFile((machine::build_directory() + "/book/twain.pdf").c_str());
    std::map<QPDFObjGen, std::size_t> numbers;
    std::size_t links = 0;
    for (QPDFPageObjectHelper& page : QPDFPageDocumentHelper(book).getAllPages()) {
        numbers[page.getObjectHandle().getObjGen()] = numbers.size() + 1;
        for (QPDFAnnotationObjectHelper& link : page.getAnnotations("/Link")) {
            QPDFObjectHandle place = link.getObjectHandle().getKey("/Dest");
            links += place.isArray();
            EXPECT_TRUE(place.isArray() || link.getObjectHandle().getKey("/A").getKey("/URI").isString());
        }
    }
    EXPECT_GT(links, 10'000u);
    std::size_t last = 0, chapters = 0;
    for_each_entry(QPDFOutlineDocumentHelper(book).getTopLevelOutlines(), [&](QPDFOutlineObjectHelper& entry) {
        const std::size_t number = numbers[entry.getDestPage().getObjGen()];
        EXPECT_GE(number, std::max<std::size_t>(last, 4)) << entry.getTitle() << " is before what it follows";
        last = number;
        chapters += entry.getTitle().starts_with("Chapter ");
    });
    EXPECT_EQ(chapters + 1, chapter_pages().size());  // and the preface
}

}  // namespace
}  // namespace proof
