// SPDX-License-Identifier: MIT
/// @file
/// @brief Copies the tree, lays the student's files over it, and builds.
/// @chapter testing
#include "labs/grade/submission.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <regex>

#include "debugger-ui/rsp/error.h"
#include "labs/grade/sandbox.h"
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
/// Of what a compiler says, this much is read, and then it is ended.
constexpr std::size_t kMostMessages = 1 << 20;

/// Copies the tree $1 to the folder $3, makes build/$2 there, and writes that to its output. With one job, as several would
/// wait for each other in a pipe that the compiler could read. The precompiled headers are the grader's own tree's, which
/// nobody writes to, whatever their age.
constexpr const char* kBuild = R"(
    cd "$3" && cp -a "$1" tree && cd tree || exit 99
    target=build/$2
    set --
    for each in build/precompiled/*.gch; do set -- "$@" -o "$each"; done
    make -j1 --no-print-directory BUILD=build "$@" "$target" >&2 && cat "$target"
)";
constexpr machine::ExitStatus kCannotCopy = 99;

struct Run {
    machine::ExitStatus status;
    std::string messages;
    bool too_many_messages;
};

/// Runs a program with its output in a file. @throws Error when it does not end in time
Run run(const std::vector<std::string>& command, const fs::path& output) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw machine::error_from_errno("cannot make a pipe");
    const machine::File ours(ends[0]);
    machine::File theirs(ends[1]);
    const machine::File nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const machine::File file(::open(output.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644));
    machine::Child child =
        machine::Child::start(command, {.input = nothing.get(), .output = file.get(), .errors = theirs.get()});
    theirs = {};
    const machine::Deadline deadline(kLongestBuild);
    Run result{.status = 0, .messages = {}, .too_many_messages = false};
    char buffer[16384];
    for (ssize_t got = 1; got > 0;) {
        if (!machine::wait_readable(ours.get(), deadline)) throw Error("a build did not end within ten minutes");
        got = ::read(ours.get(), buffer, sizeof buffer);
        if (got > 0) result.messages.append(buffer, static_cast<std::size_t>(got));
        result.too_many_messages = result.messages.size() > kMostMessages;
        // What runs there ends with `child`.
        if (result.too_many_messages) return result;
    }
    const auto status = child.wait(deadline);
    if (!status) throw Error("a build did not end within ten minutes");
    result.status = *status;
    return result;
}

/// Copies with times, so that make sees what is built already. Never as a link: what is compiled here must not get there.
void copy_with_times(const fs::path& from, const fs::path& to) {
    if (!fs::exists(from)) return;
    fs::create_directories(to.parent_path());
    const Run copied = run({"cp", "-a", "-H", "--reflink=auto", from.string(), to.string()}, "/dev/null");
    if (copied.status != 0) throw Error("cannot copy " + from.string() + ": " + copied.messages);
}

/// What a limit of the sandbox made the compiler say, in a student's words. Empty: no limit was met.
std::string limit_met(const Run& built) {
    const auto said = [&](const char* pattern) { return std::regex_search(built.messages, std::regex(pattern)); };
    if (built.status == 0 && !built.too_many_messages) return {};
    if (built.too_many_messages) return "the compiler printed more than 1 MiB of messages";
    if (said("CPU time limit exceeded"))
        return "the compiler took more than " + std::to_string(kCompilerLimits.seconds) + " s of processor time";
    if (said("File size limit exceeded|File too large"))
        return "the compiler wrote a file larger than " + std::to_string(kCompilerLimits.file_mib) + " MiB";
    if (said("No space left on device"))
        return "the compiler wrote more than " + std::to_string(kCompilerLimits.disk_mib) + " MiB";
    if (said("out of memory|memory exhausted|Cannot allocate memory|std::bad_alloc"))
        return "the compiler used more than " + std::to_string(kCompilerLimits.memory_mib) + " MiB of memory";
    return {};
}

/// The line of make's output that tells most.
std::string first_error(const std::string& output) {
    static const std::regex pattern("(^|\n)([^\n]*([Ee]rror:|undefined reference|multiple definition)[^\n]*)");
    std::smatch match;
    if (std::regex_search(output, match, pattern)) return match[2];
    // The last line.
    const std::string text = output.substr(0, output.find_last_not_of('\n') + 1);
    return text.substr(text.rfind('\n') + 1).substr(0, 200);
}

}  // namespace

Submission::Submission(const Lab& lab, const fs::path& from) {
    for (const char* part : {"Makefile", "kernel", "vmm"}) copy_with_times(part, tree() / part);
    // Students' code may have unused parameters and the like. Written before anything is compiled, and ours.
    write_file(tree() / "lab.mk", "WARNINGS := -Wall\n");
    const fs::path build = machine::build_directory();
    for (const char* part : {"kernel", "obj"}) copy_with_times(build / part, tree() / "build" / part);
    forget(lab.files());
    // Large, and only read.
    fs::create_directory_symlink(fs::absolute(build / "precompiled"), tree() / "build/precompiled");
    // Whoever runs the grader has the packages.
    write_file(tree() / "build/packages/BUILD.mk", "");
    take_students_files(lab, from);
    const fs::path bench = lab.folder / "bench.cpp";
    if (fs::exists(bench)) {
        fs::create_directories(tree() / "kernel/lab");
        copy_with_times(bench, tree() / "kernel/lab/bench.cpp");
        copy_with_times(lab.folder / "bench.h", tree() / "kernel/lab/bench.h");
    }
    Sandbox::of_this_run().hand_over(tree());
}

void Submission::take_students_files(const Lab& lab, const fs::path& from) {
    for (const std::string& file : lab.files()) {
        // A link, in any part of the path, might lead to what is not theirs.
        fs::path theirs = from;
        for (const fs::path& part : fs::path(file)) {
            theirs /= part;
            if (fs::is_symlink(theirs)) throw Unusable(file + " is, or lies behind, a symbolic link");
        }
        if (!fs::exists(theirs)) throw Unusable("there is no file " + file);
        if (!fs::is_regular_file(theirs)) throw Unusable(file + " is no plain file");
        if (fs::file_size(theirs) > kLargestFile) throw Unusable(file + " is larger than 1 MiB");
        write_file(tree() / file, read_file(theirs));
    }
}

void Submission::forget(const std::vector<std::string>& files) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(tree() / "build")) {
        const fs::path path = entry.path();
        if (path.extension() == ".elf") fs::remove(path);
        if (path.extension() != ".d") continue;
        const std::string needs = read_file(path);
        const auto is_made_of = [&](const std::string& file) { return needs.find(file) != std::string::npos; };
        if (std::none_of(files.begin(), files.end(), is_made_of)) continue;
        fs::remove(fs::path(path).replace_extension(".o"));
        fs::remove(path);
    }
    for (const std::string& file : files) fs::remove(tree() / file);
}

std::string Submission::build(const std::string& target) {
    const machine::TemporaryDirectory place;
    const fs::path result = place.path() / "result";
    const Sandbox& sandbox = Sandbox::of_this_run();
    std::vector<std::string> command =
        sandbox.prefix(kCompilerLimits, {{tree()}, {fs::read_symlink(tree() / "build/precompiled")}});
    command.insert(command.end(), {"sh", "-c", kBuild, "build", tree().string(), target,
                                   sandbox.is_closed() ? "/tmp" : place.path().string()});
    const Run built = run(command, result);
    if (built.status == kCannotCopy) throw Error("the sandbox has no tree: " + built.messages);
    // Not by a limit of ours: nobody can say whose fault it is.
    if (built.messages.find("Killed signal terminated program") != std::string::npos)
        throw Error("the compiler was killed; this computer may have too little memory");
    const std::string limit = limit_met(built);
    if (!limit.empty()) return limit;
    if (built.status != 0) return first_error(built.messages);
    fs::rename(result, tree() / "build" / target);
    return {};
}

}  // namespace grading
