// SPDX-License-Identifier: MIT
/// @file
/// @brief Checking what concerns the book as a whole.
/// @chapter testing
#include "book/weaver/checks.h"

#include <algorithm>

namespace weaver {

void check_chapter_tags(const Tree& tree, const Book& book, const Regions& regions, Problems& problems) {
    for (const auto& [path, file] : tree.files()) {
        if (file.chapter.empty() || !is_woven(path)) continue;
        const Chapter* chapter = book.find(file.chapter);
        if (!chapter) {
            problems.add({path, file.chapter_line}, "@chapter " + file.chapter + " is no chapter of book/contents");
            continue;
        }
        if (!chapter->written) continue;
        const bool shown = std::any_of(regions.all().begin(), regions.all().end(), [&](const auto& region) {
            return region->file == &file && region->chapter == chapter;
        });
        const bool shown_elsewhere = std::any_of(regions.all().begin(), regions.all().end(),
                                                 [&](const auto& region) { return region->file == &file; });
        if (!shown && shown_elsewhere) {
            problems.add(
                {path, file.chapter_line},
                "@chapter " + file.chapter + ", but other chapters show this file, and that one nothing of it");
        }
    }
}

void check_citations(const Tree& tree, const Manuals& manuals, Problems& problems) {
    for (const auto& [path, file] : tree.files()) {
        for (const SourceCitation& citation : file.citations) {
            if (manuals.find(citation.manual, citation.section)) continue;
            problems.add({path, citation.line},
                         "book/manuals.md has no @" + citation.manual + " \"" + citation.section + "\"");
        }
    }
}

void check_exercises(const Book& book, Problems& problems) {
    for (const Chapter& chapter : book.chapters) {
        if (!chapter.written) continue;
        const Block* exercises = exercises_of(chapter);
        const std::size_t count = exercises ? exercises->items.size() : 0;
        if (count < 3 && chapter.tag != "preface") {
            problems.add({chapter.path(), exercises ? exercises->line : 0},
                         "a chapter has at least three exercises, under `## Exercises`");
        }
        std::size_t answers = 0;
        for (const Block& block : chapter.answers) {
            if (block.kind != Block::Kind::List || !block.ordered) continue;
            if (block.first_number != static_cast<int>(answers) + 1) {
                problems.add({chapter.answers_path(), block.line}, "answer " + std::to_string(answers + 1) +
                                                                       " should stand here, not " +
                                                                       std::to_string(block.first_number));
            }
            answers += block.items.size();
        }
        if (answers != count) {
            problems.add({chapter.answers_path(), 0},
                         std::to_string(count) + " exercises have " + std::to_string(answers) + " answers");
        }
    }
}

}  // namespace weaver
