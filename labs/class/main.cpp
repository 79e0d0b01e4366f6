// SPDX-License-Identifier: MIT
/// @file
/// @brief Lists who of a class is still to be graded, and writes the class's table and page.
/// @chapter testing
#include <cstdio>
#include <iostream>
#include <iterator>
#include <sstream>

#include "debugger-ui/rsp/error.h"
#include "labs/class/roll.h"

namespace {

constexpr const char* kHelp = R"(usage: class-roll remaining|write LAB OUT [BEHAVIOUR...] <NAMES

NAMES are those of the submissions, each ended by a zero byte.

  remaining   prints those that OUT/grades has no whole grade of, in the same form
  write       writes OUT/class.csv and OUT/report.html; exits 2 where somebody could not be graded
)";

std::vector<std::string> names_of_input() {
    const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    std::vector<std::string> names;
    std::istringstream stream(text);
    for (std::string name; std::getline(stream, name, '\0');) names.push_back(name);
    return names;
}

int run(const std::vector<std::string>& words) {
    const grading::Lab lab = grading::Lab::load(static_cast<unsigned>(std::atoi(words[1].c_str())));
    const std::filesystem::path out = words[2];
    const grading::Roll roll = grading::Roll::read(lab, names_of_input(), {words.begin() + 3, words.end()}, out);
    if (words[0] == "remaining") {
        for (const grading::Student& student : roll.students) {
            if (!student.not_graded.empty()) std::cout << student.name << '\0';
        }
        return 0;
    }
    grading::write_file(out / "class.csv", roll.csv());
    grading::write_file(out / "report.html", roll.html());
    std::size_t missing = 0;
    for (const grading::Student& student : roll.students) missing += !student.not_graded.empty();
    std::printf("%zu submissions, %zu graded: see %s and class.csv beside it\n", roll.students.size(),
                roll.students.size() - missing, (out / "report.html").c_str());
    for (const grading::Student& student : roll.students) {
        if (!student.not_graded.empty())
            std::printf("  not graded: %s: %s\n", student.name.c_str(), student.not_graded.c_str());
    }
    return missing ? 2 : 0;
}

}  // namespace

int main(int count, char** arguments) {
    try {
        const std::vector<std::string> words(arguments + 1, arguments + count);
        if (words.size() < 3 || (words[0] != "remaining" && words[0] != "write")) {
            std::fputs(kHelp, words == std::vector<std::string>{"--help"} ? stdout : stderr);
            return words == std::vector<std::string>{"--help"} ? 0 : 1;
        }
        return run(words);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "class-roll: %s\n", error.what());
        return 1;
    }
}
