// SPDX-License-Identifier: MIT
/// @file
/// @brief Resolving directives, and settling which region shows each line.
/// @chapter testing
#include "book/weaver/regions.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "book/weaver/extent.h"
#include "book/weaver/pattern.h"

namespace weaver {
namespace {

bool is_inside(const Region& inner, const Region& outer) {
    return std::all_of(inner.ranges.begin(), inner.ranges.end(), [&](const Range& range) {
        return std::any_of(outer.ranges.begin(), outer.ranges.end(),
                           [&](const Range& around) { return around.contains(range); });
    });
}

int lines_of(const Region& region) {
    int lines = 0;
    for (const Range& range : region.ranges) lines += range.end - range.begin + 1;
    return lines;
}

std::string where(const Region& region) { return region.chapter->path() + ":" + std::to_string(region.line); }

/// Ranges in order, without those that lie in others.
std::vector<Range> outermost(std::vector<Range> ranges) {
    std::sort(ranges.begin(), ranges.end(),
              [](const Range& a, const Range& b) { return std::pair(a.begin, -a.end) < std::pair(b.begin, -b.end); });
    std::vector<Range> result;
    for (const Range& range : ranges) {
        if (!result.empty() && result.back().end >= range.begin) {
            result.back().end = std::max(result.back().end, range.end);
        } else {
            result.push_back(range);
        }
    }
    return result;
}

}  // namespace

Directive parse_directive(const std::string& text) {
    static const Pattern form(R"re(^([^\s:"]+)(?::\s*([^\s"]+(?: [^\s"]+)*?))?(?::?\s*"([^"]+)")?$)re");
    Pattern::Match match;
    if (!form.matches(text, match)) {
        throw std::runtime_error("no directive: {{" + text +
                                 "}}; the forms are {{FILE}}, {{FILE: NAME}}, {{FILE: NAME \"COMMENT\"}}");
    }
    return {match[1], match[2], match[3]};
}

Regions::Regions(const Book& book, const Tree& tree, const Definitions& definitions, Problems& problems)
    : tree_(tree), definitions_(definitions), problems_(problems) {
    for (const Chapter& chapter : book.chapters) claim_all(chapter, chapter.blocks);
    settle(problems);
}

void Regions::claim_all(const Chapter& chapter, const std::vector<Block>& blocks) {
    for_each_block(blocks, [&](const Block& block) {
        if (block.kind != Block::Kind::Directive) return;
        try {
            claim(chapter, block);
        } catch (const std::runtime_error& problem) { problems_.add({chapter.path(), block.line}, problem.what()); }
    });
}

void Regions::claim(const Chapter& chapter, const Block& block) {
    auto region = std::make_unique<Region>();
    region->directive = parse_directive(block.text);
    region->chapter = &chapter;
    region->line = block.line;
    const auto& [path, name, paragraph] = region->directive;
    region->file = tree_.find(path);
    if (!region->file) throw std::runtime_error("there is no file " + path);
    region->title = name;
    if (name.empty()) {
        region->ranges = {{1, region->file->last_line()}};
    } else {
        std::vector<Range> ranges;
        for (const Definition* found : definitions_.find(*region->file, name)) ranges.push_back(found->range);
        region->ranges = outermost(std::move(ranges));
    }
    if (!paragraph.empty()) {
        std::vector<Range> found;
        for (const Range& range : region->ranges) {
            const Range lines = paragraph_of(*region->file, range, paragraph);
            if (lines.begin != 0) found.push_back(lines);
        }
        if (found.size() != 1) {
            throw std::runtime_error(std::string(found.empty() ? "no" : "more than one") + " paragraph of " +
                                     (name.empty() ? path : name) + " opens with the comment \"" + paragraph + "\"");
        }
        region->ranges = found;
        region->title = paragraph;
    }
    region->anchor = slug(path + (name.empty() ? "" : "-" + name) + (paragraph.empty() ? "" : "-" + paragraph));
    all_.push_back(std::move(region));
}

void Regions::settle(Problems& problems) {
    // The smaller region wins a line; of two equal ones, the second is one too many.
    std::vector<const Region*> order;
    for (const auto& region : all_) order.push_back(region.get());
    std::stable_sort(order.begin(), order.end(),
                     [](const Region* a, const Region* b) { return lines_of(*a) > lines_of(*b); });
    std::set<const Region*> refused;
    for (std::size_t i = 0; i < order.size(); ++i) {
        for (std::size_t j = i + 1; j < order.size(); ++j) {
            const Region &outer = *order[i], &inner = *order[j];
            if (outer.file != inner.file || refused.contains(&inner)) continue;
            const bool apart = std::none_of(inner.ranges.begin(), inner.ranges.end(), [&](const Range& range) {
                return std::any_of(outer.ranges.begin(), outer.ranges.end(), [&](const Range& other) {
                    return range.begin <= other.end && other.begin <= range.end;
                });
            });
            if (apart) continue;
            if (outer.ranges == inner.ranges) {
                problems.add({inner.chapter->path(), inner.line},
                             inner.file->path + ": lines " + std::to_string(inner.ranges[0].begin) + "–" +
                                 std::to_string(inner.ranges[0].end) + " are shown twice; the other place is " +
                                 where(outer));
                refused.insert(&inner);
            } else if (!is_inside(inner, outer)) {
                problems.add({inner.chapter->path(), inner.line}, "{{" + inner.file->path + ": " + inner.title +
                                                                      "}} overlaps {{" + outer.title + "}} of " +
                                                                      where(outer));
                refused.insert(&inner);
            }
        }
    }
    for (const Region* region : order) {
        if (refused.contains(region)) continue;
        settled_[region->file->path].push_back(region);
        auto& owners = owner_[region->file->path];
        owners.resize(region->file->lines.size());
        for (const Range& range : region->ranges) {
            for (int line = range.begin; line <= range.end; ++line) owners[static_cast<std::size_t>(line - 1)] = region;
        }
    }
}

const Region* Regions::at(const Chapter& chapter, int line) const {
    for (const auto& region : all_) {
        if (region->chapter == &chapter && region->line == line) return region.get();
    }
    return nullptr;
}

const Region* Regions::shown_by(const std::string& path, int line) const {
    const auto found = owner_.find(path);
    return found == owner_.end() ? nullptr : found->second[static_cast<std::size_t>(line - 1)];
}

const Region* Regions::inner_at(const Region& outer, int line) const {
    const auto& all = settled_.at(outer.file->path);
    const auto after = std::find(all.begin(), all.end(), &outer);
    const auto found = std::find_if(after == all.end() ? after : after + 1, all.end(), [&](const Region* region) {
        return std::any_of(region->ranges.begin(), region->ranges.end(),
                           [&](const Range& range) { return range.contains(line); });
    });
    return found == all.end() ? nullptr : *found;
}

std::vector<Piece> Regions::pieces(const Region& region) const {
    std::vector<Piece> result;
    const SourceFile& file = *region.file;
    for (const Range& range : region.ranges) {
        for (int line = range.begin; line <= range.end; ++line) {
            const Region* other = shown_by(file.path, line) == &region ? nullptr : inner_at(region, line);
            const bool goes_on = !result.empty() && result.back().other == other && result.back().range.end == line - 1;
            if (goes_on) {
                result.back().range.end = line;
            } else if (!is_blank(file.line(line))) {
                result.push_back({{line, line}, other});
            }
        }
    }
    // Runs of nothing but blank lines, between things that are shown elsewhere, say nothing.
    std::erase_if(result, [&](const Piece& piece) {
        if (piece.other) return false;
        for (int line = piece.range.begin; line <= piece.range.end; ++line) {
            if (!is_blank(file.line(line))) return false;
        }
        return true;
    });
    for (Piece& piece : result) {
        if (piece.other) continue;
        while (is_blank(file.line(piece.range.begin))) ++piece.range.begin;
        while (is_blank(file.line(piece.range.end))) --piece.range.end;
    }
    return result;
}

}  // namespace weaver
