// SPDX-License-Identifier: MIT
/// @file
/// @brief Counting the lines that are shown, and naming those that are not.
/// @chapter testing
#include "book/weaver/coverage.h"

namespace weaver {

Coverage measure(const Tree& tree, const Regions& regions) {
    Coverage result;
    for (const auto& [path, file] : tree.files()) {
        if (!is_woven(path)) continue;
        bool goes_on = false;
        for (int line = 1; line <= file.last_line(); ++line) {
            if (is_blank(file.line(line))) continue;
            ++result.lines;
            if (regions.shown_by(path, line)) {
                ++result.shown;
                goes_on = false;
                continue;
            }
            auto& ranges = result.missing[path];
            if (goes_on) {
                ranges.back().end = line;
            } else {
                ranges.push_back({line, line});
            }
            goes_on = true;
        }
    }
    return result;
}

std::string Coverage::percentage() const {
    const long tenths = lines == 0 ? 1000 : 1000L * shown / lines;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

std::string missing_line(const std::string& path, const std::vector<Range>& ranges, const Tree& tree) {
    const SourceFile& file = *tree.find(path);
    std::string chapter = file.chapter.empty() ? "" : " (@chapter " + file.chapter + ")";
    if (ranges.size() == 1 && ranges[0].begin == 1 && ranges[0].end == file.last_line()) {
        return path + ": no line of it is shown" + chapter;
    }
    std::string text = path + ":";
    for (const Range& range : ranges) {
        text += " " + std::to_string(range.begin);
        if (range.end != range.begin) text += "-" + std::to_string(range.end);
    }
    return text + chapter;
}

}  // namespace weaver
