// SPDX-License-Identifier: MIT
/// @file
/// @brief Writes a class's page: the distribution, the behaviours, the students, and who is not graded.
/// @chapter testing
#include <algorithm>
#include <array>
#include <map>

#include "labs/class/roll.h"

namespace grading {
namespace {

constexpr const char* kStyle = R"(
body { font: 16px/1.4 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222; background: #fff; }
table { border-collapse: collapse; } td, th { padding: .15em .6em; text-align: left; border-bottom: 1px solid #ddd; }
td.n { text-align: right; } .bar { background: #4878a8; height: 1em; display: inline-block; vertical-align: middle; }
.passed { color: #1a7f37; } .lost { color: #b3261e; } .none { color: #8a6100; } h3 { margin-bottom: .2em; }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818; } td, th { border-color: #444; }
.passed { color: #5ac777; } .lost { color: #ff8a80; } .none { color: #e0b050; } a { color: #8ab4f8; } }
)";

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? '?' : c;
        }
    }
    return out;
}

/// A file's name in an address.
std::string address(const std::string& name) {
    std::string out;
    for (const char c : name) {
        char code[8];
        std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned char>(c));
        out += std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' ? std::string{c} : code;
    }
    return out;
}

std::string cell(std::size_t number) { return "<td class=n>" + std::to_string(number) + "</td>"; }
std::string bar(std::size_t part, std::size_t whole) {
    return "<td><span class=bar style=\"width:" + std::to_string(whole ? 300 * part / whole : 0) + "px\"></span></td>";
}

/// How many students are in each tenth of the points; all points are a class of their own.
std::string distribution(const Roll& roll) {
    std::array<std::size_t, 11> counts{};
    for (const Student& student : roll.students) {
        if (student.not_graded.empty()) ++counts[student.earned * 10 / std::max(1u, roll.possible())];
    }
    const std::size_t most = *std::max_element(counts.begin(), counts.end());
    std::string text = "<h2>Points</h2>\n<table id=distribution>\n";
    for (std::size_t tenth = 0; tenth < counts.size(); ++tenth) {
        const unsigned possible = roll.possible();
        const auto first = (tenth * possible + 9) / 10, next = ((tenth + 1) * possible + 9) / 10;
        text += "<tr><td class=n>" + std::to_string(first) +
                (next > first + 1 && tenth < 10 ? " to " + std::to_string(next - 1) : "") + "</td>" +
                cell(counts[tenth]) + bar(counts[tenth], most) + "</tr>\n";
    }
    return text + "</table>\n";
}

std::string pass_rates(const Roll& roll) {
    std::string text =
        "<h2>Behaviours</h2>\n<table id=behaviours>\n<tr><th>behaviour<th>points<th>passed<th>of<th><th>lost by</tr>\n";
    for (std::size_t i = 0; i < roll.behaviours.size(); ++i) {
        std::map<std::string, std::size_t> verdicts;
        std::size_t graded = 0;
        for (const Student& student : roll.students) {
            const auto& mark = student.marks[i];
            if (!mark || mark->verdict == "harness-error") continue;
            ++graded;
            ++verdicts[mark->verdict];
        }
        const Behaviour& behaviour = roll.behaviours[i];
        text += "<tr><td title=\"" + escaped(behaviour.text) + "\">" + behaviour.name + "</td>" +
                cell(behaviour.points) + cell(verdicts["passed"]) + cell(graded) + bar(verdicts["passed"], graded) +
                "<td>";
        for (const auto& [verdict, count] : verdicts) {
            if (verdict != "passed") text += std::to_string(count) + " " + escaped(verdict) + " ";
        }
        text += "</td></tr>\n";
    }
    return text + "</table>\n";
}

std::string table(const Roll& roll) {
    std::string text = "<h2>Students</h2>\n<table id=students>\n<tr><th>student<th>points";
    for (const Behaviour& behaviour : roll.behaviours) text += "<th>" + behaviour.name;
    text += "</tr>\n";
    for (std::size_t i = 0; i < roll.students.size(); ++i) {
        const Student& student = roll.students[i];
        text += "<tr><td><a href=\"#s" + std::to_string(i) + "\">" + escaped(student.name) + "</a></td>";
        text += student.not_graded.empty() ? cell(student.earned) : "<td class=none>not graded</td>";
        for (const std::optional<Mark>& mark : student.marks) {
            const bool passed = mark && mark->verdict == "passed", none = !mark || mark->verdict == "harness-error";
            text += std::string("<td class=") +
                    (passed ? "passed>&#10003;"
                     : none ? "none>?"
                            : "lost>&#10007;") +
                    "</td>";
        }
        text += "</tr>\n";
    }
    return text + "</table>\n";
}

std::string details(const Roll& roll, std::size_t index) {
    const Student& student = roll.students[index];
    std::string text = "<h3 id=s" + std::to_string(index) + ">" + escaped(student.name) + "</h3>\n<p>";
    text += student.not_graded.empty()
                ? std::to_string(student.earned) + " of " + std::to_string(roll.possible()) + " points"
                : "<span class=none>not graded: " + escaped(student.not_graded) + "</span>";
    text += "; <a href=\"grades/" + address(student.name) + ".json\">JSON</a></p>\n";
    if (!student.problem.empty()) return text + "<p class=lost>nothing ran: " + escaped(student.problem) + "</p>\n";
    for (std::size_t i = 0; i < roll.behaviours.size(); ++i) {
        const std::optional<Mark>& mark = student.marks[i];
        if (!mark || mark->verdict == "passed") continue;
        const Behaviour& behaviour = roll.behaviours[i];
        text += "<p><b>" + behaviour.name + "</b> " + escaped(mark->verdict) + ": " + escaped(behaviour.text);
        if (!mark->expected.empty()) text += "<br>expected: " + escaped(mark->expected);
        text += "<br>seen: " + escaped(mark->seen) + "</p>\n";
    }
    return text;
}

}  // namespace

std::string Roll::html() const {
    std::vector<unsigned> points;
    for (const Student& student : students) {
        if (student.not_graded.empty()) points.push_back(student.earned);
    }
    std::sort(points.begin(), points.end());
    const std::string title = "Lab " + std::to_string(lab.number) + ". " + escaped(lab.title);
    std::string text = "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>" + title + "</title>\n<style>" +
                       kStyle + "</style>\n<h1>" + title + "</h1>\n<p>" + std::to_string(students.size()) +
                       " submissions, " + std::to_string(points.size()) + " graded, out of " +
                       std::to_string(possible()) + " points";
    if (!points.empty()) text += "; the median is " + std::to_string(points[points.size() / 2]);
    text += ". The same as a table: <a href=\"class.csv\">class.csv</a>.</p>\n";
    if (points.size() < students.size()) {
        text +=
            "<h2>Not graded</h2>\n<p>The grader or the computer failed here, twice. These have no points, not "
            "0.</p>\n<ul "
            "id=not-graded>\n";
        for (std::size_t i = 0; i < students.size(); ++i) {
            if (students[i].not_graded.empty()) continue;
            text += "<li><a href=\"#s" + std::to_string(i) + "\">" + escaped(students[i].name) +
                    "</a>: " + escaped(students[i].not_graded) + "</li>\n";
        }
        text += "</ul>\n";
    }
    text += distribution(*this) + pass_rates(*this) + table(*this) + "<h2>One by one</h2>\n";
    for (std::size_t i = 0; i < students.size(); ++i) text += details(*this, i);
    return text + "</html>\n";
}

}  // namespace grading
