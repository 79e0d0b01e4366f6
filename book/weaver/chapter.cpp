// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading the table of contents, the chapters and the answers.
/// @chapter testing
#include "book/weaver/chapter.h"

#include <filesystem>
#include <stdexcept>

namespace weaver {
namespace {

const char* kContents = "book/contents";

void read_chapter(Chapter& chapter, Problems& problems) {
    if (std::filesystem::exists(chapter.answers_path())) {
        chapter.answers = parse_markdown(read_file(chapter.answers_path()));
        std::erase_if(chapter.answers,
                      [](const Block& block) { return block.kind == Block::Kind::Heading && block.level == 1; });
    }
    if (!std::filesystem::exists(chapter.path())) return;
    chapter.written = true;
    chapter.blocks = parse_markdown(read_file(chapter.path()));
    if (chapter.blocks.empty() || chapter.blocks[0].kind != Block::Kind::Heading || chapter.blocks[0].level != 1) {
        problems.add({chapter.path(), 1}, "a chapter begins with its title, `# Title`");
        return;
    }
    chapter.title = chapter.blocks[0].text;
    chapter.blocks.erase(chapter.blocks.begin());
    for (const Block& block : chapter.blocks) {
        if (block.kind == Block::Kind::Heading && block.level == 1) {
            problems.add({chapter.path(), block.line}, "a chapter has one title; sections begin with ##");
        }
    }
}

}  // namespace

std::string Chapter::full_title() const {
    return number == 0 ? title : "Chapter " + std::to_string(number) + ": " + title;
}

Book Book::read(Problems& problems) {
    Book book;
    int line_number = 0;
    for (const std::string& line : split_lines(read_file(kContents))) {
        ++line_number;
        const std::vector<std::string> words = split(line, ' ');
        if (is_blank(line) || line.starts_with("#")) continue;
        if (words[0] == "part" && words.size() > 2) {
            book.parts.push_back({words[1], trim(line.substr(5 + words[1].size()))});
            continue;
        }
        Chapter chapter;
        chapter.stem = words[0];
        const std::size_t dash = chapter.stem.find('-');
        if ((dash != 2 && dash != 3) || book.parts.empty()) {
            problems.add({kContents, line_number},
                         "neither `part NUMBER TITLE` nor a chapter `NN-tag WORKING TITLE` of a part");
            continue;
        }
        chapter.number = static_cast<int>(book.chapters.size());
        chapter.tag = chapter.stem.substr(dash + 1);
        chapter.part = static_cast<int>(book.parts.size()) - 1;
        chapter.title = trim(line.substr(chapter.stem.size()));
        read_chapter(chapter, problems);
        book.chapters.push_back(std::move(chapter));
    }
    return book;
}

const Chapter* Book::find(const std::string& tag) const {
    for (const Chapter& chapter : chapters) {
        if (chapter.tag == tag) return &chapter;
    }
    return nullptr;
}

const Block* exercises_of(const Chapter& chapter) {
    bool inside = false;
    for (const Block& block : chapter.blocks) {
        if (block.kind == Block::Kind::Heading && block.level <= 2) inside = block.text == "Exercises";
        if (inside && block.kind == Block::Kind::List && block.ordered) return &block;
    }
    return nullptr;
}

}  // namespace weaver
