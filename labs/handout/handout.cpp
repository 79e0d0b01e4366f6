// SPDX-License-Identifier: MIT
/// @file
/// @brief Copies what git tracks, empties the lab's functions, and makes a repository of it.
/// @chapter testing
#include "labs/handout/handout.h"

#include <fcntl.h>

#include <sstream>

#include "debugger-ui/rsp/error.h"
#include "labs/handout/empty.h"
#include "tests/machine/child.h"

namespace grading {
namespace {

using machine::Error;
namespace fs = std::filesystem;

/// Runs git and returns what it printed.
std::string git(const std::vector<std::string>& words) {
    std::vector<std::string> command{"git"};
    command.insert(command.end(), words.begin(), words.end());
    const machine::TemporaryDirectory scratch;
    const fs::path output = scratch.path() / "output";
    const machine::File nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const machine::File file(::open(output.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    machine::Child child =
        machine::Child::start(command, {.input = nothing.get(), .output = file.get(), .errors = file.get()});
    const auto status = child.wait(machine::Deadline(machine::Seconds(60)));
    const std::string text = read_file(output);
    if (status != 0) throw Error("git " + words.back() + " failed: " + text);
    return text;
}

void copy_tree(const Lab& lab, const fs::path& folder) {
    std::istringstream tracked(git({"ls-files", "-z"}));
    for (std::string path; std::getline(tracked, path, '\0');) {
        if (!is_handed_out(path) || !fs::exists(path)) continue;
        fs::create_directories((folder / path).parent_path());
        fs::copy_file(path, folder / path);
        const std::vector<Exercise> exercises = lab.exercises_in(path);
        if (!exercises.empty())
            write_file(folder / path, empty_bodies(path, read_file(path), exercises, lab.number).text);
    }
}

}  // namespace

bool is_handed_out(const std::string& path) {
    return !path.starts_with("book/") && !path.starts_with(".ci/") && path.find("/mutants/") == std::string::npos;
}

std::string guide(const Lab& lab) {
    std::string text = read_file(lab.folder / "guide.md");
    text += "\n## What you write\n\n";
    for (const std::string& file : lab.files()) {
        text += "In `" + file + "`:\n\n";
        for (const Exercise& exercise : lab.exercises_in(file))
            text += "- `" + exercise.name + "`: " + exercise.task + "\n";
    }
    text += "\nThese files are what you hand in. Nothing else of your tree is looked at when it is graded.\n";
    text += "\n## What is graded\n\n| behaviour | points | the book | |\n| --- | ---: | --- | --- |\n";
    for (const Behaviour& behaviour : lab.behaviours) {
        text += "| `" + behaviour.name + "` | " + std::to_string(behaviour.points) + " | " + behaviour.book + " | " +
                behaviour.text + " |\n";
    }
    return text +
           "\n`make grade` prints, for each, the points, and what was expected and seen where they were lost; "
           "`make grade BEHAVIOUR=NAME` runs one alone. The third column names a chapter of the book and its "
           "section.\n";
}

void make_handout(const Lab& lab, const fs::path& folder) {
    if (fs::exists(folder)) throw Error(folder.string() + " exists already; name a new folder with DIR=");
    try {
        copy_tree(lab, folder);
        write_file(folder / "LAB.md", guide(lab));
        // What makes `make grade` there mean this lab, and lets unfinished functions compile.
        write_file(folder / "lab.mk", "LAB := " + std::to_string(lab.number) + "\nWARNINGS := -Wall\n");
        const std::string where = folder.string();
        git({"-C", where, "init", "--quiet", "--initial-branch=main"});
        git({"-C", where, "add", "--all"});
        git({"-C", where, "-c", "user.name=Twain", "-c", "user.email=twain@localhost", "commit", "--quiet", "-m",
             "Lab " + std::to_string(lab.number) + ": " + lab.title});
    } catch (...) {
        fs::remove_all(folder);
        throw;
    }
}

}  // namespace grading
