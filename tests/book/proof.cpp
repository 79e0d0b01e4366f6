// SPDX-License-Identifier: MIT
/// @file
/// @brief Comparing transcripts and rewriting them.
/// @chapter testing
#include "tests/book/proof.h"

#include <algorithm>
#include <cstdio>

namespace proof {

Outcome prove(const weaver::Transcript& transcript, const Type& type) {
    Outcome outcome;
    for (const weaver::Command& command : transcript.commands) {
        outcome.outputs.push_back(type(command));
        std::string difference;
        if (weaver::matches(command.expected, outcome.outputs.back(), difference)) continue;
        if (outcome.same) {
            outcome.difference = weaver::prompt_of(command.where) + command.text + " (line " +
                                 std::to_string(command.line) + ")\n" + difference + "\nall that came:\n" +
                                 weaver::join(outcome.outputs.back()) + "\n";
        }
        outcome.same = false;
    }
    return outcome;
}

weaver::Lines updated(const weaver::Lines& expected, const weaver::Lines& output) {
    std::string ignored;
    if (weaver::matches(expected, output, ignored)) return expected;
    weaver::Lines result;
    for (const std::string& line : output) {
        const auto mask = std::find_if(expected.begin(), expected.end(), [&](const std::string& old) {
            return old.find("…") != std::string::npos && weaver::trim(old) != "…" &&
                   weaver::matches({old}, {line}, ignored);
        });
        result.push_back(mask == expected.end() ? line : *mask);
    }
    return result;
}

weaver::Lines rewritten(weaver::Lines chapter, const weaver::Transcript& transcript, const Outcome& outcome) {
    // From the last command up, so that the lines above keep their numbers.
    for (std::size_t at = transcript.commands.size(); at-- > 0;) {
        const weaver::Command& command = transcript.commands[at];
        const weaver::Lines lines = updated(command.expected, outcome.outputs[at]);
        const auto begin = chapter.begin() + command.line;
        const auto end = begin + static_cast<std::ptrdiff_t>(command.expected.size());
        chapter.insert(chapter.erase(begin, end), lines.begin(), lines.end());
    }
    return chapter;
}

void report(const std::string& name, const Outcome& outcome) {
    if (outcome.same) {
        std::printf("ok %s\n", name.c_str());
    } else {
        std::printf("%snot ok %s\n", outcome.difference.c_str(), name.c_str());
    }
    std::fflush(stdout);
}

}  // namespace proof
