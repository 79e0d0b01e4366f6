// SPDX-License-Identifier: MIT
/// @file
/// @brief Writes grades for Gradescope, for GitHub Classroom, and for whatever reads JUnit's XML.
/// @chapter testing
#include "labs/grade/formats.h"

#include <algorithm>
#include <cstdio>

namespace grading {
namespace {

std::string xml_escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        // XML has no way at all to write most control characters; what is no ASCII may be no UTF-8 either.
        case '\n': out += c; break;
        default: out += c < 0x20 || c == 0x7f ? '?' : c;
        }
    }
    return out;
}

std::string quoted(const std::string& text) { return '"' + json_escaped(text) + '"'; }

/// What a student reads where points were lost.
std::string explanation(const Result& result) {
    if (result.verdict == Verdict::Passed) return result.behaviour.text;
    std::string text = result.behaviour.text + "\n" + word_of(result.verdict);
    if (!result.expected.empty()) text += "\nexpected: " + result.expected;
    return text + "\nseen: " + result.seen + "\nbook: " + result.behaviour.book;
}

std::string seconds_of(const Result& result) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", result.seconds);
    return text;
}

}  // namespace

std::string json_escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += std::string{'\\', c};
        } else if (byte < 0x20 || byte >= 0x7f) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", byte);
            out += escape;
        } else {
            out += c;
        }
    }
    return out;
}

std::string gradescope(const Report& report) {
    std::string text = "{\n  \"output\": " +
                       quoted("Lab " + std::to_string(report.lab) + ". " + report.title + " (seed " +
                              std::to_string(report.seed) + ")") +
                       ",\n  \"tests\": [";
    const char* separator = "\n";
    for (const Result& result : report.results) {
        text += separator;
        separator = ",\n";
        text += "    {\"name\": " + quoted(result.behaviour.name) + ", \"score\": " + std::to_string(result.earned()) +
                ", \"max_score\": " + std::to_string(result.behaviour.points) + ", \"status\": \"" +
                (result.verdict == Verdict::Passed ? "passed" : "failed") +
                "\",\n     \"output\": " + quoted(explanation(result)) + "}";
    }
    return text + "\n  ]\n}\n";
}

std::string classroom(const Report& report) {
    // The reporter adds the scores of all tests, whatever their status.
    const auto status = [](const Result& result) {
        if (result.verdict == Verdict::Passed) return "pass";
        return result.verdict == Verdict::HarnessError ? "error" : "fail";
    };
    const char* all = report.has_harness_error() ? "error" : report.earned() == report.possible() ? "pass" : "fail";
    std::string text = "{\"version\": 1, \"status\": \"" + std::string(all) +
                       "\", \"max_score\": " + std::to_string(report.possible()) + ", \"tests\": [";
    for (std::size_t i = 0; i < report.results.size(); ++i) {
        const Result& result = report.results[i];
        text += std::string(i ? ",\n" : "\n") + "  {\"name\": " + quoted(result.behaviour.name) + ", \"status\": \"" +
                status(result) + "\", \"score\": " + std::to_string(result.earned()) +
                ", \"message\": " + quoted(explanation(result)) + "}";
    }
    return text + "\n]}\n";
}

std::string junit(const Report& report) {
    const auto count = [&](bool errors) {
        return std::to_string(std::count_if(report.results.begin(), report.results.end(), [&](const Result& each) {
            return each.verdict != Verdict::Passed && (each.verdict == Verdict::HarnessError) == errors;
        }));
    };
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"lab " +
                       std::to_string(report.lab) + "\" tests=\"" + std::to_string(report.results.size()) +
                       "\" failures=\"" + count(false) + "\" errors=\"" + count(true) + "\">\n";
    for (const Result& result : report.results) {
        text += "  <testcase classname=\"lab" + std::to_string(report.lab) + "\" name=\"" +
                xml_escaped(result.behaviour.name) + "\" time=\"" + seconds_of(result) + "\"";
        if (result.verdict == Verdict::Passed) {
            text += "/>\n";
            continue;
        }
        const char* element = result.verdict == Verdict::HarnessError ? "error" : "failure";
        text += std::string(">\n    <") + element + " message=\"" + xml_escaped(result.seen) + "\" type=\"" +
                word_of(result.verdict) + "\">" + xml_escaped(explanation(result)) + "</" + element +
                ">\n  </testcase>\n";
    }
    return text + "</testsuite>\n";
}

}  // namespace grading
