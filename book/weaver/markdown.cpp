// SPDX-License-Identifier: MIT
/// @file
/// @brief Cutting Markdown into blocks.
/// @chapter testing
#include "book/weaver/markdown.h"

#include "book/weaver/pattern.h"

namespace weaver {
namespace {

struct Line {
    std::string text;
    int number;
};
using Input = std::vector<Line>;

const Pattern kHeading(R"(^(#{1,4})\s+(.*?)\s*#*\s*$)");
const Pattern kFence(R"(^(`{3,}|~{3,})\s*(.*)$)");
const Pattern kItem(R"(^(\s{0,3})([-*+]|\d{1,3}[.)])(\s+)(.*)$)");
const Pattern kDirective(R"(^\{\{(.+)\}\}\s*$)");
const Pattern kPicture(R"(^!\[(.*)\]\(([^)]+)\)\s*$)");
const Pattern kCitation(R"(^\{\{(sdm|apm|spec):.*)");

class Parser {
   public:
    explicit Parser(Input input) : input_(std::move(input)) {}

    std::vector<Block> blocks() {
        std::vector<Block> result;
        while (at_ < input_.size()) {
            if (is_blank(text())) {
                ++at_;
            } else {
                result.push_back(next_block());
            }
        }
        return result;
    }

   private:
    const std::string& text() const { return input_[at_].text; }

    Block next_block() {
        Block block;
        block.line = input_[at_].number;
        Pattern::Match match;
        if (kFence.matches(text(), match)) {
            fence(block, match);
        } else if (kHeading.matches(text(), match)) {
            block.kind = Block::Kind::Heading;
            block.level = static_cast<int>(match[1].length());
            block.text = match[2];
            ++at_;
        } else if (kDirective.matches(text(), match) && !kCitation.matches(text())) {
            block.kind = Block::Kind::Directive;
            block.text = trim(match[1]);
            ++at_;
        } else if (kPicture.matches(text(), match)) {
            block.kind = Block::Kind::Picture;
            block.text = match[1];
            block.target = match[2];
            ++at_;
        } else if (kItem.matches(text(), match)) {
            list(block, match);
        } else if (text().starts_with("|")) {
            block.kind = Block::Kind::Table;
            while (at_ < input_.size() && text().starts_with("|")) block.lines.push_back(input_[at_++].text);
        } else if (text().starts_with(">")) {
            quote(block);
        } else {
            paragraph(block);
        }
        return block;
    }

    void fence(Block& block, const Pattern::Match& match) {
        block.kind = Block::Kind::Fence;
        const std::string mark = match[1];
        block.text = trim(match[2]);
        for (++at_; at_ < input_.size() && !(text().starts_with(mark) && trim(text()) == mark); ++at_) {
            block.lines.push_back(text());
        }
        if (at_ < input_.size()) ++at_;
    }

    /// Items go on as long as lines are indented as deep as their text; blank lines are part of them.
    void list(Block& block, Pattern::Match match) {
        block.kind = Block::Kind::List;
        block.ordered = std::isdigit(static_cast<unsigned char>(match[2][0])) != 0;
        if (block.ordered) block.first_number = std::stoi(match[2]);
        for (;;) {
            const auto depth = static_cast<std::size_t>(match[1].length() + match[2].length() + match[3].length());
            Input item{{match[4], input_[at_].number}};
            for (++at_; at_ < input_.size(); ++at_) {
                const bool inside = indent_of(text()) >= std::min<std::size_t>(depth, 2) && !is_blank(text());
                const bool lazy = !is_blank(text()) && !is_blank(item.back().text) && !starts_block(text());
                if (!inside && !lazy && !(is_blank(text()) && continues(depth))) break;
                const std::size_t drop = std::min(depth, std::min(indent_of(text()), text().size()));
                item.push_back({text().substr(drop), input_[at_].number});
            }
            block.items.push_back(Parser(std::move(item)).blocks());
            std::size_t next = at_;
            while (next < input_.size() && is_blank(input_[next].text)) ++next;
            if (next >= input_.size() || !kItem.matches(input_[next].text, match)) return;
            const bool ordered = std::isdigit(static_cast<unsigned char>(match[2][0])) != 0;
            if (ordered != block.ordered) return;
            at_ = next;
        }
    }

    /// Whether, behind blank lines, the item's text goes on.
    bool continues(std::size_t depth) const {
        std::size_t next = at_;
        while (next < input_.size() && is_blank(input_[next].text)) ++next;
        return next < input_.size() && indent_of(input_[next].text) >= std::min<std::size_t>(depth, 2);
    }

    static bool starts_block(const std::string& line) {
        return kHeading.matches(line) || kFence.matches(line) || kItem.matches(line) || kPicture.matches(line) ||
               line.starts_with("|") || line.starts_with(">") || (kDirective.matches(line) && !kCitation.matches(line));
    }

    void quote(Block& block) {
        block.kind = Block::Kind::Quote;
        Input inner;
        for (; at_ < input_.size() && text().starts_with(">"); ++at_) {
            inner.push_back({text().substr(text().starts_with("> ") ? 2 : 1), input_[at_].number});
        }
        block.items.push_back(Parser(std::move(inner)).blocks());
    }

    void paragraph(Block& block) {
        Lines lines;
        do {
            lines.push_back(trim(input_[at_++].text));
        } while (at_ < input_.size() && !is_blank(text()) && !starts_block(text()));
        block.text = join(lines, "\n");
    }

    Input input_;
    std::size_t at_ = 0;
};

}  // namespace

std::vector<Block> parse_markdown(std::string_view text) {
    Input input;
    for (std::string& line : split_lines(text)) input.push_back({std::move(line), static_cast<int>(input.size()) + 1});
    return Parser(std::move(input)).blocks();
}

std::string fence_kind(const Block& fence) { return fence.text.substr(0, fence.text.find(' ')); }

std::string fence_rest(const Block& fence) {
    const std::size_t end = fence.text.find(' ');
    return end == std::string::npos ? "" : trim(fence.text.substr(end));
}

}  // namespace weaver
