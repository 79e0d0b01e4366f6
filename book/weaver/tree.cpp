// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading the tracked files, their chapter tags and their citations.
/// @chapter testing
#include "book/weaver/tree.h"

#include <algorithm>
#include <array>

namespace weaver {
namespace {

bool ends_with_any(const std::string& path, std::initializer_list<const char*> endings) {
    return std::any_of(endings.begin(), endings.end(), [&](const char* ending) { return path.ends_with(ending); });
}

Language language_of(const std::string& path, const Lines& lines) {
    if (ends_with_any(path, {".cpp", ".h"})) return Language::Cpp;
    if (path.ends_with(".S")) return Language::Assembly;
    if (path.ends_with(".ld")) return Language::LinkerScript;
    if (path.ends_with(".asl")) return Language::Asl;
    if (path.ends_with(".mk") || path == "Makefile") return Language::Make;
    const bool script = !lines.empty() && lines[0].starts_with("#!") && lines[0].ends_with("sh");
    if (script || path.ends_with("/profile")) return Language::Shell;
    return Language::Plain;
}

/// The text behind `@word` in a comment, up to the line's end or the closing brace.
void read_tags(SourceFile& file) {
    for (int number = 1; number <= file.last_line(); ++number) {
        const std::string& line = file.line(number);
        const auto word_after = [&](const std::string& tag) {
            const std::size_t at = line.find(tag);
            const bool comment = line.starts_with("/") || line.starts_with(" *") || line.starts_with("#");
            return at == std::string::npos || !comment ? "" : trim(line.substr(at + tag.size()));
        };
        if (file.chapter.empty() && number <= 12) {
            file.chapter = word_after("@chapter ");
            if (!file.chapter.empty()) file.chapter_line = number;
        }
        if (file.brief.empty() && number <= 12) file.brief = word_after("@brief ");
        for (const std::string manual : {"sdm", "apm", "spec"}) {
            const std::string opening = "@" + manual + "{";
            for (std::size_t at = line.find(opening); at != std::string::npos; at = line.find(opening, at + 1)) {
                const std::size_t begin = at + opening.size();
                // A citation may go on in the comment's next line.
                std::string section = line.substr(begin, line.find('}', begin) - begin);
                if (line.find('}', begin) == std::string::npos && number < file.last_line()) {
                    std::string next = trim(file.line(number + 1));
                    next.erase(0, next.find_first_not_of("/<* "));
                    section += " " + next.substr(0, next.find('}'));
                }
                file.citations.push_back({manual, trim(section), number});
            }
        }
    }
}

}  // namespace

bool is_woven(const std::string& path) { return path.starts_with("kernel/") || path.starts_with("vmm/"); }

Tree::Tree(std::map<std::string, std::string> files) {
    for (auto& [path, text] : files) {
        SourceFile file;
        file.path = path;
        file.lines = split_lines(text);
        file.language = language_of(path, file.lines);
        // Programs that read such tags name them in their own code.
        if (!path.starts_with("book/") && !path.starts_with("tests/book/")) read_tags(file);
        files_[path] = std::move(file);
    }
}

Tree Tree::read() {
    std::map<std::string, std::string> files;
    for (const std::string& path : split(output_of({"git", "ls-files", "-z"}), '\0')) {
        if (path.empty() || !std::filesystem::is_regular_file(path)) continue;
        files[path] = read_file(path);
    }
    return Tree(std::move(files));
}

const SourceFile* Tree::find(const std::string& path) const {
    const auto found = files_.find(path);
    return found == files_.end() ? nullptr : &found->second;
}

bool Tree::has(const std::string& path) const {
    if (find(path)) return true;
    const std::string folder = path.ends_with('/') ? path : path + "/";
    const auto next = files_.lower_bound(folder);
    return next != files_.end() && next->first.starts_with(folder);
}

}  // namespace weaver
