// SPDX-License-Identifier: MIT
/// @file
/// @brief Writes grades as JSON and as text.
/// @chapter testing
#include "labs/grade/report.h"

#include <algorithm>

#include "labs/grade/formats.h"

namespace grading {
namespace {

std::string quoted(const std::string& text) { return '"' + json_escaped(text) + '"'; }

std::string member(const char* name, const std::string& value) { return quoted(name) + ": " + value; }

std::string json_of(const Result& result) {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.2f", result.seconds);
    return "    {" + member("name", quoted(result.behaviour.name)) + ", " +
           member("points", std::to_string(result.behaviour.points)) + ", " +
           member("earned", std::to_string(result.earned())) + ", " +
           member("verdict", quoted(word_of(result.verdict))) + ",\n     " +
           member("text", quoted(result.behaviour.text)) + ",\n     " + member("expected", quoted(result.expected)) +
           ", " + member("seen", quoted(result.seen)) + ",\n     " + member("book", quoted(result.behaviour.book)) +
           ", " + member("seconds", seconds) + "}";
}

}  // namespace

unsigned Report::earned() const {
    unsigned sum = 0;
    for (const Result& result : results) sum += result.earned();
    return sum;
}

unsigned Report::possible() const {
    unsigned sum = 0;
    for (const Result& result : results) sum += result.behaviour.points;
    return sum;
}

bool Report::has_harness_error() const {
    return std::any_of(results.begin(), results.end(),
                       [](const Result& result) { return result.verdict == Verdict::HarnessError; });
}

std::string Report::json() const {
    std::string text =
        "{\n  " + member("schema", "1") + ",\n  " + member("lab", std::to_string(lab)) + ",\n  " +
        member("title", quoted(title)) + ",\n  " + member("submission", quoted(submission)) + ",\n  " +
        member("seed", std::to_string(seed)) + ",\n  " + member("complete", complete ? "true" : "false") + ",\n  " +
        member("graded", has_harness_error() ? "false" : "true") + ",\n  " + member("problem", quoted(problem)) +
        ",\n  " + member("earned", std::to_string(earned())) + ",\n  " +
        member("possible", std::to_string(possible())) + ",\n  " + quoted("behaviours") + ": [";
    for (std::size_t i = 0; i < results.size(); ++i) text += (i ? ",\n" : "\n") + json_of(results[i]);
    return text + "\n  ]\n}\n";
}

std::string describe_last(const Report& report) {
    const Result& result = report.results.back();
    const Behaviour& behaviour = result.behaviour;
    char head[200];
    std::snprintf(head, sizeof head, "  %3u of %3u  %-16s %s\n", result.earned(), behaviour.points,
                  behaviour.name.c_str(), result.verdict == Verdict::Passed ? "" : word_of(result.verdict));
    std::string text = head;
    text = text.substr(0, text.find_last_not_of(" \n") + 1) + "\n";
    if (result.verdict == Verdict::Passed) return text;
    const std::string margin(14, ' ');
    text += margin + behaviour.text + "\n";
    if (!result.expected.empty()) text += margin + "expected: " + result.expected + "\n";
    text += margin + "seen:     " + result.seen + "\n";
    text += margin + "book:     " + behaviour.book + "\n";
    text += margin + "again:    make grade LAB=" + std::to_string(report.lab) + " BEHAVIOUR=" + behaviour.name +
            " SEED=" + std::to_string(report.seed) + "\n";
    return text;
}

}  // namespace grading
