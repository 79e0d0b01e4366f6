// SPDX-License-Identifier: MIT
/// @file
/// @brief Finds function bodies by the reader that the style gates use, and puts panics in their place.
/// @chapter testing
#include "labs/handout/empty.h"

#include <algorithm>

#include "debugger-ui/rsp/error.h"
#include "tests/style/source.h"

namespace grading {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == ':'; }

/// Whether a function's head defines `name`.
bool defines(const std::string& head, const std::string& name) {
    for (std::size_t at = head.find(name + "("); at != std::string::npos; at = head.find(name + "(", at + 1)) {
        if (at == 0 || !is_word(head[at - 1])) return true;
    }
    return false;
}

/// The place of the brace that opens the body which ends in the function's last line.
struct Place {
    std::size_t line, column;
};

Place body_of(const std::vector<std::string>& code, const style::Function& function) {
    int depth = 0;
    for (std::size_t line = static_cast<std::size_t>(function.last_line); line-- > 0;) {
        for (std::size_t column = code[line].size(); column-- > 0;) {
            if (code[line][column] == '}') ++depth;
            if (code[line][column] == '{' && --depth == 0) return {line, column};
        }
    }
    throw machine::Error("a body without a beginning in: " + function.head);
}

std::string quoted(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
    return '"' + out + '"';
}

}  // namespace

Emptied empty_bodies(const std::string& path, const std::string& text, const std::vector<Exercise>& exercises,
                     unsigned lab) {
    const style::Source source(path, text);
    std::vector<std::string> lines = source.lines();
    Emptied emptied;
    std::vector<style::Function> functions = source.functions();
    std::vector<bool> found(exercises.size(), false);
    // From the last one up, so that the lines above keep their numbers.
    std::reverse(functions.begin(), functions.end());
    for (const style::Function& function : functions) {
        const auto exercise = std::find_if(exercises.begin(), exercises.end(),
                                           [&](const Exercise& each) { return defines(function.head, each.name); });
        if (exercise == exercises.end()) continue;
        found[static_cast<std::size_t>(exercise - exercises.begin())] = true;
        const Place body = body_of(source.code(), function);
        const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(body.line);
        const auto end = lines.begin() + function.last_line;
        emptied.taken.push_back(begin->substr(body.column + 1));
        emptied.taken.insert(emptied.taken.end(), begin + 1, end);
        const std::string margin(lines[static_cast<std::size_t>(function.first_line - 1)].find_first_not_of(' '), ' ');
        const std::vector<std::string> stub{
            begin->substr(0, body.column + 1), margin + "    // " + exercise->task,
            margin + "    PANIC(" +
                quoted("lab " + std::to_string(lab) + ": " + exercise->name + " is yours to write") + ");",
            margin + "}"};
        const auto after = lines.erase(begin, end);
        lines.insert(after, stub.begin(), stub.end());
    }
    for (std::size_t i = 0; i < exercises.size(); ++i) {
        if (!found[i]) throw machine::Error(path + " has no function " + exercises[i].name);
    }
    for (const std::string& line : lines) emptied.text += line + "\n";
    return emptied;
}

}  // namespace grading
