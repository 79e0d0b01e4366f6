// SPDX-License-Identifier: MIT
/// @file
/// @brief The weaver's command: check the book, or one chapter of it, or write the site.
/// @chapter testing
#include <cstdio>
#include <stdexcept>

#include "book/weaver/checks.h"
#include "book/weaver/coverage.h"
#include "book/weaver/site.h"

namespace weaver {
namespace {

struct Arguments {
    std::string chapter;  ///< only its problems and its coverage
    std::string output;   ///< where the site goes; empty: only check
    bool coverage = false;
};

const char* const kUsage = "weaver [--chapter TAG] [--coverage] [--output FOLDER]";

Arguments read_arguments(int count, char** words) {
    Arguments result;
    for (int at = 1; at < count; ++at) {
        const std::string word = words[at];
        if (word == "--chapter" && at + 1 < count) {
            result.chapter = words[++at];
        } else if (word == "--output" && at + 1 < count) {
            result.output = words[++at];
        } else if (word == "--coverage") {
            result.coverage = true;
        } else {
            throw std::runtime_error(std::string("usage: ") + kUsage);
        }
    }
    return result;
}

bool concerns(const Problem& problem, const Chapter& chapter, const Tree& tree) {
    const SourceFile* file = tree.find(problem.place.path);
    return problem.place.path.find(chapter.stem) != std::string::npos || (file && file->chapter == chapter.tag);
}

int run(const Arguments& arguments) {
    Problems problems;
    const Tree tree = Tree::read();
    const Book book = Book::read(problems);
    const Definitions definitions(tree);
    const Regions regions(book, tree, definitions, problems);
    const Manuals manuals(read_file(Manuals::kPath), problems);
    const Names names(tree, definitions, regions);
    const Listings listings(tree, regions, names, manuals);
    Inline inlines(book, names, manuals, problems);
    Renderer renderer(tree, regions, listings, inlines, problems);
    Bodies bodies;
    for (const Chapter& chapter : book.chapters) {
        bodies.chapters[chapter.tag] = renderer.chapter(chapter);
        bodies.answers[chapter.tag] = renderer.answers(chapter);
    }
    check_chapter_tags(tree, book, regions, problems);
    check_citations(tree, manuals, problems);
    check_exercises(book, problems);
    if (!arguments.output.empty()) {
        const Woven woven{tree, book, definitions, regions, names, manuals, inlines, renderer.findings()};
        write_site(arguments.output, woven, bodies, listings, problems);
    }

    const Chapter* only = arguments.chapter.empty() ? nullptr : book.find(arguments.chapter);
    if (!arguments.chapter.empty() && !only)
        throw std::runtime_error("book/contents has no chapter " + arguments.chapter);
    int shown = 0;
    for (const Problem& problem : problems.all()) {
        if (only && !concerns(problem, *only, tree)) continue;
        std::fprintf(stderr, "%s\n", to_line(problem).c_str());
        ++shown;
    }
    const Coverage coverage = measure(tree, regions);
    bool complete = true;
    for (const auto& [path, ranges] : coverage.missing) {
        const bool wanted = only ? tree.find(path)->chapter == only->tag : arguments.coverage;
        if (!wanted) continue;
        std::printf("not shown: %s\n", missing_line(path, ranges, tree).c_str());
        complete = false;
    }
    const Findings& found = renderer.findings();
    std::printf(
        "%s of kernel/ and vmm/ is shown: %d of %d lines; %d figures, %d exercises, %d transcripts, %d problems\n",
        coverage.percentage().c_str(), coverage.shown, coverage.lines, found.figures, found.exercises,
        found.transcripts, shown);
    return shown == 0 && complete ? 0 : 1;
}

}  // namespace
}  // namespace weaver

int main(int count, char** words) {
    try {
        return weaver::run(weaver::read_arguments(count, words));
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "weaver: %s\n", problem.what());
        return 2;
    }
}
