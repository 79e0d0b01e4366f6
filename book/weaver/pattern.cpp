// SPDX-License-Identifier: MIT
/// @file
/// @brief The one file of the weaver that knows std::regex.
/// @chapter testing
#include "book/weaver/pattern.h"

#include <regex>

namespace weaver {
namespace {

Pattern::Match texts_of(const std::smatch& match) { return {match.begin(), match.end()}; }

/// Calls `visit(match)` for each match, from left to right.
template <class Visit>
void for_each_match(const std::string& text, const std::regex& expression, const Visit& visit) {
    for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) visit(*at);
}

}  // namespace

struct Pattern::Compiled {
    std::regex expression;
};

Pattern::Pattern(const char* expression) : compiled_(new Compiled{std::regex(expression)}) {}

bool Pattern::matches(const std::string& text) const {
    Match ignored;
    return matches(text, ignored);
}

bool Pattern::matches(const std::string& text, Match& match) const {
    std::smatch found;
    if (!std::regex_match(text, found, compiled_->expression)) return false;
    match = texts_of(found);
    return true;
}

bool Pattern::finds(const std::string& text, Match& match) const {
    std::smatch found;
    if (!std::regex_search(text, found, compiled_->expression)) return false;
    match = texts_of(found);
    return true;
}

std::vector<Pattern::Match> Pattern::all(const std::string& text) const {
    std::vector<Match> list;
    for_each_match(text, compiled_->expression, [&](const std::smatch& match) { list.push_back(texts_of(match)); });
    return list;
}

std::string Pattern::replace(const std::string& text, const std::string& format) const {
    return std::regex_replace(text, compiled_->expression, format);
}

std::string Pattern::replace_each(const std::string& text, const std::function<std::string(const Match&)>& with) const {
    std::string result;
    auto last = text.cbegin();
    for_each_match(text, compiled_->expression, [&](const std::smatch& match) {
        result.append(last, match[0].first);
        result += with(texts_of(match));
        last = match[0].second;
    });
    return result.append(last, text.cend());
}

}  // namespace weaver
