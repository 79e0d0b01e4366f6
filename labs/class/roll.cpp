// SPDX-License-Identifier: MIT
/// @file
/// @brief Reads a class's grades, and writes its table.
/// @chapter testing
#include "labs/class/roll.h"

#include "debugger-ui/rsp/error.h"
#include "labs/class/json.h"

namespace grading {
namespace {

using machine::Error;
namespace fs = std::filesystem;

unsigned whole(const Json& value) { return static_cast<unsigned>(value.number()); }

std::optional<Mark> mark_of(const Json& report, const std::string& behaviour) {
    for (const Json& each : report["behaviours"].list()) {
        if (each["name"].text() != behaviour) continue;
        return Mark{.verdict = each["verdict"].text(),
                    .earned = whole(each["earned"]),
                    .expected = each["expected"].text(),
                    .seen = each["seen"].text()};
    }
    return std::nullopt;
}

/// Fills a student in from a report. @throws Error where it is none of this lab
void fill(Student& student, const Json& report, const Roll& roll) {
    if (whole(report["lab"]) != roll.lab.number) throw Error("the file is of another lab");
    student.seed = whole(report["seed"]);
    student.problem = report["problem"].text();
    for (std::size_t i = 0; i < roll.behaviours.size(); ++i) {
        student.marks[i] = mark_of(report, roll.behaviours[i].name);
        const std::optional<Mark>& mark = student.marks[i];
        if (mark) student.earned += mark->earned;
        if (student.not_graded.empty() && mark && mark->verdict == "harness-error") student.not_graded = mark->seen;
    }
    for (const std::optional<Mark>& mark : student.marks) {
        if (!mark && student.not_graded.empty()) student.not_graded = "the grader was ended before it was done";
    }
}

/// A cell of a table. A name that begins as a formula would be one to a spreadsheet (OWASP: "CSV Injection").
std::string cell(const std::string& text) {
    const bool formula = !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos;
    std::string out = formula ? "'" + text : text;
    if (out.find_first_of(",\"\r\n") == std::string::npos) return out;
    for (std::size_t at = 0; (at = out.find('"', at)) != std::string::npos; at += 2) out.insert(at, 1, '"');
    return '"' + out + '"';
}

}  // namespace

Roll Roll::read(const Lab& lab, const std::vector<std::string>& names, const std::vector<std::string>& behaviours,
                const fs::path& out) {
    Roll roll{.lab = lab, .behaviours = {}, .students = {}};
    for (const std::string& name : behaviours) roll.behaviours.push_back(lab.behaviour(name));
    if (behaviours.empty()) roll.behaviours = lab.behaviours;
    for (const std::string& name : names) {
        Student student{.name = name, .marks = {}, .problem = {}, .not_graded = {}};
        student.marks.resize(roll.behaviours.size());
        const fs::path file = out / "grades" / (name + ".json");
        try {
            if (!fs::exists(file)) throw Error("the grader left no result");
            fill(student, Json::parse(read_file(file)), roll);
        } catch (const Error& error) { student.not_graded = error.what(); }
        roll.students.push_back(std::move(student));
    }
    return roll;
}

unsigned Roll::possible() const {
    unsigned sum = 0;
    for (const Behaviour& behaviour : behaviours) sum += behaviour.points;
    return sum;
}

std::string Roll::csv() const {
    std::string text = "student,graded,earned,possible";
    for (const Behaviour& behaviour : behaviours) text += "," + behaviour.name;
    text += ",seed,problem\r\n";
    for (const Student& student : students) {
        const bool graded = student.not_graded.empty();
        text += cell(student.name) + (graded ? ",yes," + std::to_string(student.earned) : ",no,") + "," +
                std::to_string(possible());
        for (const std::optional<Mark>& mark : student.marks) {
            const bool has_points = mark && mark->verdict != "harness-error";
            text += has_points ? "," + std::to_string(mark->earned) : ",";
        }
        text += "," + std::to_string(student.seed) + "," + cell(graded ? student.problem : student.not_graded) + "\r\n";
    }
    return text;
}

}  // namespace grading
