// SPDX-License-Identifier: MIT
/// @file
/// @brief Reads the file that says what a lab is.
/// @chapter testing
#include "labs/lab.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "debugger-ui/rsp/error.h"

namespace grading {
namespace {

using machine::Error;
namespace fs = std::filesystem;

constexpr const char* kFolder = "labs";

/// The number that a folder's name begins with; 0: it is no lab.
unsigned number_of(const fs::path& folder) {
    const std::string name = folder.filename();
    if (name.size() < 4 || !std::isdigit(name[0]) || !std::isdigit(name[1]) || name[2] != '-') return 0;
    return static_cast<unsigned>(std::stoul(name.substr(0, 2)));
}

/// `HEAD: TEXT`, taken apart.
std::pair<std::string, std::string> split_sentence(const std::string& line) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos || colon + 2 == line.size()) throw Error("`: SENTENCE` is missing in: " + line);
    return {line.substr(0, colon), line.substr(colon + 2)};
}

void read_line(Lab& lab, const std::string& word, const std::string& rest) {
    if (word == "title") {
        lab.title = rest;
    } else if (word == "chapter") {
        lab.chapter = rest;
    } else if (word == "hours") {
        lab.hours = static_cast<unsigned>(std::stoul(rest));
    } else if (word == "empty") {
        const auto [head, task] = split_sentence(rest);
        const std::size_t blank = head.find(' ');
        if (blank == std::string::npos) throw Error("`FILE NAME` is missing in: " + rest);
        lab.exercises.push_back({head.substr(0, blank), head.substr(blank + 1), task});
    } else if (word == "behaviour") {
        const auto [head, text] = split_sentence(rest);
        Behaviour behaviour{.name = {}, .points = 0, .book = {}, .text = text};
        if (!(std::istringstream(head) >> behaviour.name >> behaviour.points >> behaviour.book) ||
            behaviour.points == 0) {
            throw Error("`NAME POINTS CHAPTER#SECTION` is missing in: " + rest);
        }
        lab.behaviours.push_back(behaviour);
    } else {
        throw Error("a lab has no `" + word + "`");
    }
}

fs::path folder_of(unsigned number) {
    for (const auto& entry : fs::directory_iterator(kFolder)) {
        if (number_of(entry.path()) == number) return entry.path();
    }
    std::string numbers;
    for (const unsigned each : Lab::all()) numbers += " " + std::to_string(each);
    throw Error("there is no lab " + std::to_string(number) + "; there are" + numbers);
}

}  // namespace

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw Error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const fs::path& path, const std::string& text) {
    if (path.has_parent_path()) fs::create_directories(path.parent_path());
    const fs::path fresh = path.string() + ".new";
    std::ofstream file(fresh, std::ios::binary);
    file << text << std::flush;
    if (!file) throw Error("cannot write " + fresh.string());
    file.close();
    fs::rename(fresh, path);
}

std::vector<unsigned> Lab::all() {
    std::vector<unsigned> numbers;
    for (const auto& entry : fs::directory_iterator(kFolder)) {
        if (const unsigned number = number_of(entry.path())) numbers.push_back(number);
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

Lab Lab::load(unsigned number) {
    Lab lab{.number = number,
            .folder = folder_of(number),
            .title = {},
            .chapter = {},
            .hours = 0,
            .exercises = {},
            .behaviours = {}};
    std::istringstream text(read_file(lab.folder / "lab"));
    int line_number = 0;
    for (std::string line; std::getline(text, line);) {
        ++line_number;
        if (line.empty() || line.starts_with('#')) continue;
        const std::size_t blank = line.find(' ');
        try {
            read_line(lab, line.substr(0, blank), blank == std::string::npos ? "" : line.substr(blank + 1));
        } catch (const std::exception& error) {
            throw Error((lab.folder / "lab").string() + ":" + std::to_string(line_number) + ": " + error.what());
        }
    }
    return lab;
}

std::vector<std::string> Lab::files() const {
    std::vector<std::string> files;
    for (const Exercise& exercise : exercises) {
        if (std::find(files.begin(), files.end(), exercise.file) == files.end()) files.push_back(exercise.file);
    }
    return files;
}

std::vector<Exercise> Lab::exercises_in(const std::string& file) const {
    std::vector<Exercise> some;
    for (const Exercise& exercise : exercises) {
        if (exercise.file == file) some.push_back(exercise);
    }
    return some;
}

unsigned Lab::points() const {
    unsigned sum = 0;
    for (const Behaviour& behaviour : behaviours) sum += behaviour.points;
    return sum;
}

const Behaviour& Lab::behaviour(const std::string& name) const {
    std::string names;
    for (const Behaviour& behaviour : behaviours) {
        if (behaviour.name == name) return behaviour;
        names += " " + behaviour.name;
    }
    throw Error("lab " + std::to_string(number) + " has no behaviour `" + name + "`; it has" + names);
}

}  // namespace grading
