// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading transcripts, and comparing them with what really came.
/// @chapter testing
#include "book/weaver/transcript.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace weaver {
namespace {

constexpr std::array kPrompts{std::pair{Where::Checkout, "$ "}, std::pair{Where::Twain, "twain:~# "},
                              std::pair{Where::Guest, "guest:~# "}};
const std::string kAny = "…";

Change parse_change(const std::string& line) {
    Change change;
    const std::size_t word = line.find(' '), colon = line.find(": ");
    const std::string verb = line.substr(0, word);
    if ((verb != "remove" && verb != "replace") || word == std::string::npos || colon == std::string::npos) {
        throw std::runtime_error(
            "an experiment begins with `remove FILE: TEXT` or `replace FILE: TEXT => TEXT`, not: " + line);
    }
    change.path = trim(line.substr(word, colon - word));
    change.text = trim(line.substr(colon + 2));
    change.remove = verb == "remove";
    if (change.remove) return change;
    const std::size_t arrow = change.text.find(" => ");
    if (arrow == std::string::npos) throw std::runtime_error("replace wants `TEXT => TEXT`: " + line);
    change.replacement = trim(change.text.substr(arrow + 4));
    change.text = trim(change.text.substr(0, arrow));
    return change;
}

/// Whether a line is the pattern, whose `…` stand for any text.
bool line_matches(std::string_view pattern, std::string_view line) {
    const std::size_t mark = pattern.find(kAny);
    if (mark == std::string_view::npos) return pattern == line;
    if (line.substr(0, mark) != pattern.substr(0, mark)) return false;
    pattern.remove_prefix(mark + kAny.size());
    for (std::size_t at = mark; at <= line.size(); ++at) {
        if (line_matches(pattern, line.substr(at))) return true;
    }
    return false;
}

}  // namespace

const char* prompt_of(Where where) {
    return std::find_if(kPrompts.begin(), kPrompts.end(), [&](const auto& prompt) { return prompt.first == where; })
        ->second;
}

Transcript parse_transcript(const Block& fence) {
    Transcript result;
    result.line = fence.line;
    std::vector<std::string> words = split(fence_rest(fence), ' ');
    std::erase(words, "");
    std::size_t at = 0;
    if (fence_kind(fence) == "experiment") {
        if (words.empty() || words[0].find('=') != std::string::npos)
            throw std::runtime_error("an experiment has a name: ```experiment NAME");
        result.name = words[0];
        words.erase(words.begin());
        for (; at < fence.lines.size() && !is_blank(fence.lines[at]); ++at)
            result.changes.push_back(parse_change(fence.lines[at]));
        if (result.changes.empty()) throw std::runtime_error("the experiment changes nothing");
        while (at < fence.lines.size() && is_blank(fence.lines[at])) ++at;
    }
    for (const std::string& word : words) {
        const std::size_t equals = word.find('=');
        result.attributes[word.substr(0, equals)] = equals == std::string::npos ? "" : word.substr(equals + 1);
    }
    for (const auto& [key, value] : result.attributes) {
        if (key != "cpus" && key != "vendor" && key != "with-tests" && key != "mem" && key != "vcpus" &&
            key != "bigpages" && key != "checked")
            throw std::runtime_error("a transcript has no attribute " + key);
        if (key == "vendor" && value != "intel" && value != "amd") throw std::runtime_error("vendor is intel or amd");
    }
    result.first_body_line = static_cast<int>(at);
    for (; at < fence.lines.size(); ++at) {
        const std::string& line = fence.lines[at];
        const auto prompt = std::find_if(kPrompts.begin(), kPrompts.end(), [&](const auto& p) {
            return line.starts_with(p.second) || line == trim(p.second);
        });
        if (prompt != kPrompts.end()) {
            const std::string text =
                line.size() > std::string(prompt->second).size() ? line.substr(std::string(prompt->second).size()) : "";
            result.commands.push_back({prompt->first, text, {}, fence.line + 1 + static_cast<int>(at)});
        } else if (result.commands.empty()) {
            throw std::runtime_error("a transcript begins with a prompt: `$ `, `twain:~# ` or `guest:~# `");
        } else {
            result.commands.back().expected.push_back(line);
        }
    }
    if (result.commands.empty()) throw std::runtime_error("no command is typed");
    for (Command& command : result.commands) {
        while (!command.expected.empty() && is_blank(command.expected.back())) command.expected.pop_back();
    }
    return result;
}

int changed_line(const Change& change, const Lines& file) {
    int found = 0;
    for (std::size_t at = 0; at < file.size(); ++at) {
        if (file[at].find(change.text) == std::string::npos) continue;
        if (found != 0)
            throw std::runtime_error("`" + change.text + "` stands in more than one line of " + change.path);
        found = static_cast<int>(at) + 1;
    }
    if (found == 0) throw std::runtime_error("`" + change.text + "` stands in no line of " + change.path);
    return found;
}

Lines with_change(const Change& change, Lines file) {
    const auto line = file.begin() + changed_line(change, file) - 1;
    if (change.remove) {
        file.erase(line);
    } else {
        line->replace(line->find(change.text), change.text.size(), change.replacement);
    }
    return file;
}

bool matches(const Lines& expected, const Lines& output, std::string& difference) {
    // From the back: which ends of the output each end of the expectation can be.
    std::vector<std::vector<char>> fits(expected.size() + 1, std::vector<char>(output.size() + 1, 0));
    fits[expected.size()][output.size()] = 1;
    for (std::size_t e = expected.size(); e-- > 0;) {
        for (std::size_t o = output.size() + 1; o-- > 0;) {
            if (trim(expected[e]) == kAny) {
                fits[e][o] = fits[e + 1][o] || (o < output.size() && fits[e][o + 1]);
            } else {
                fits[e][o] = o < output.size() && fits[e + 1][o + 1] && line_matches(expected[e], output[o]);
            }
        }
    }
    if (fits[0][0]) return true;
    std::size_t at = 0;
    while (at < expected.size() && at < output.size() && trim(expected[at]) != kAny &&
           line_matches(expected[at], output[at]))
        ++at;
    difference = "expected: " + (at < expected.size() ? expected[at] : "(the end)") +
                 "\nbut came: " + (at < output.size() ? output[at] : "(the end)");
    return false;
}

}  // namespace weaver
