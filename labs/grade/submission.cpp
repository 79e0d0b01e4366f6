// SPDX-License-Identifier: MIT
/// @file
/// @brief Copies the tree, lays the student's files over it, and builds.
/// @chapter testing
#include "labs/grade/submission.h"

#include <fcntl.h>

#include <regex>

#include "debugger-ui/rsp/error.h"
#include "tests/machine/child.h"
#include "tests/machine/machine.h"

namespace grading {
namespace {

using machine::Error;
using machine::Seconds;
namespace fs = std::filesystem;

/// No file of a solution comes near this.
constexpr std::uintmax_t kLargestFile = 1 << 20;
/// As a backstop: a kernel compiles within a minute.
constexpr Seconds kLongestBuild{600};

/// Runs a program with its output in a file. @throws Error when it does not end in time
machine::ExitStatus run(const std::vector<std::string>& command, const fs::path& output) {
    const machine::File nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const machine::File file(::open(output.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600));
    machine::Child child =
        machine::Child::start(command, {.input = nothing.get(), .output = file.get(), .errors = file.get()});
    const auto status = child.wait(machine::Deadline(kLongestBuild));
    if (!status) throw Error(command[0] + " did not end within ten minutes");
    return *status;
}

/// Copies with times, so that make sees what is built already.
void copy(const fs::path& from, const fs::path& to, const fs::path& log) {
    if (!fs::exists(from)) return;
    fs::create_directories(to.parent_path());
    if (run({"cp", "-a", "--reflink=auto", from.string(), to.string()}, log) != 0)
        throw Error("cannot copy " + from.string() + ": " + read_file(log));
}

/// The line of make's output that tells most.
std::string first_error(const std::string& output) {
    static const std::regex pattern("(^|\n)([^\n]*(error:|undefined reference|multiple definition)[^\n]*)");
    std::smatch match;
    if (std::regex_search(output, match, pattern)) return match[2];
    return output.substr(output.size() > 200 ? output.size() - 200 : 0);
}

}  // namespace

Submission::Submission(const Lab& lab, const fs::path& from) {
    const fs::path log = tree() / "log";
    for (const char* part : {"Makefile", "kernel", "vmm"}) copy(part, tree() / part, log);
    // Students' code may have unused parameters and the like. Written before anything is compiled, and ours.
    write_file(tree() / "lab.mk", "WARNINGS := -Wall\n");
    const fs::path build = machine::build_directory();
    for (const char* part : {"kernel", "obj"}) copy(build / part, tree() / "build" / part, log);
    // Large, and only read.
    fs::create_directory_symlink(fs::absolute(build / "precompiled"), tree() / "build/precompiled");
    // Whoever runs the grader has the packages.
    write_file(tree() / "build/packages/BUILD.mk", "");
    take_students_files(lab, from);
    const fs::path bench = lab.folder / "bench.cpp";
    if (!fs::exists(bench)) return;
    fs::create_directories(tree() / "kernel/lab");
    copy(bench, tree() / "kernel/lab/bench.cpp", log);
    copy(lab.folder / "bench.h", tree() / "kernel/lab/bench.h", log);
}

void Submission::take_students_files(const Lab& lab, const fs::path& from) {
    for (const std::string& file : lab.files()) {
        const fs::path theirs = from / file;
        // A link might lead to what is not theirs.
        if (!fs::is_regular_file(fs::symlink_status(theirs))) throw Error("there is no file " + theirs.string());
        if (fs::file_size(theirs) > kLargestFile) throw Error(theirs.string() + " is larger than 1 MiB");
        const std::string text = read_file(theirs);
        if (text != read_file(tree() / file)) write_file(tree() / file, text);
    }
}

std::string Submission::build(const std::string& target) {
    const fs::path log = tree() / "build.log";
    if (run({"make", "--no-print-directory", "-C", tree().string(), "BUILD=build", "build/" + target}, log) == 0)
        return {};
    return first_error(read_file(log));
}

}  // namespace grading
