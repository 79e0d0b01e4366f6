// SPDX-License-Identifier: MIT
/// @file
/// @brief systest: tests of Linux's system calls; the same program prints the same on Linux and on Twain.
/// @chapter testing
#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "harness.h"
#include "helper.h"

namespace systest {

namespace {

constexpr std::string_view kUsage =
    "usage: systest [--list] [--dir DIRECTORY] [--timeout SECONDS] [NAME...]\n"
    "Tests system calls: a line for every check, then a line with the counts. Without NAME, all tests.\n"
    "  NAME               run the tests whose names are NAME or begin with NAME-\n"
    "  --list             print the names of the tests\n"
    "  --dir DIRECTORY    where files are made and removed (default /tmp)\n"
    "  --timeout SECONDS  after which a test is killed and counts as failed (default 60)\n"
    "Exit status: 0 when every check holds, 1 when one fails, 2 for wrong arguments.\n";

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (Group const group :
         {memory_cases(),    mapping_cases(),   fault_cases(),      fork_cases(),    exec_cases(),
          wait_cases(),      pipe_cases(),      descriptor_cases(), poll_cases(),    file_cases(),
          attribute_cases(), directory_cases(), path_cases(),       signal_cases(),  handler_cases(),
          job_cases(),       thread_cases(),    affinity_cases(),   futex_cases(),   clock_cases(),
          machine_cases(),   system_cases(),    language_cases(),   pointer_cases(), sweep_cases()})
        cases.insert(cases.end(), group.begin(), group.end());
    return cases;
}

bool matches(std::string_view name, std::string_view asked) {
    return name == asked || (name.starts_with(asked) && name[asked.size()] == '-');
}

struct Arguments {
    RunOptions options;
    std::vector<std::string> names;
    bool list = false;
};

[[noreturn]] void usage_error(std::string const& message) {
    std::string const line = "systest: " + message + "; try systest --help\n";
    static_cast<void>(!write(2, line.data(), line.size()));
    _exit(2);
}

Arguments parse(int argc, char** argv) {
    Arguments arguments;
    for (int i = 1; i < argc; ++i) {
        std::string const word = argv[i];
        auto const value = [&]() -> std::string {
            if (i + 1 >= argc) usage_error(word + " needs a value");
            return argv[++i];
        };
        if (word == "--help") {
            print(kUsage);
            _exit(0);
        } else if (word == "--list") {
            arguments.list = true;
        } else if (word == "--dir") {
            arguments.options.directory = value();
        } else if (word == "--timeout") {
            arguments.options.timeout_seconds = atoi(value().c_str());
            if (arguments.options.timeout_seconds <= 0) usage_error("--timeout needs a number of seconds above 0");
        } else if (word.starts_with("-")) {
            usage_error("unknown option " + word);
        } else {
            arguments.names.push_back(word);
        }
    }
    return arguments;
}

std::vector<Case> chosen(std::vector<std::string> const& names) {
    std::vector<Case> const all = all_cases();
    if (names.empty()) return all;
    std::vector<Case> some;
    for (auto const& name : names)
        if (std::none_of(all.begin(), all.end(), [&](Case const& test) { return matches(test.name, name); }))
            usage_error("no test is called " + name);
    for (Case const& test : all)
        if (std::any_of(names.begin(), names.end(), [&](auto const& name) { return matches(test.name, name); }))
            some.push_back(test);
    return some;
}

int run(int argc, char** argv) {
    Arguments arguments = parse(argc, argv);
    std::vector<Case> const cases = chosen(arguments.names);
    if (arguments.list) {
        for (Case const& test : cases) print(std::string(test.name) + "\n");
        return 0;
    }
    std::string const directory = make_work_directory(arguments.options);
    if (directory.empty()) usage_error("cannot make a directory in " + arguments.options.directory);
    arguments.options.directory = directory;
    Totals totals;
    for (Case const& test : cases) run_case(test, arguments.options, totals);
    chdir("/");
    remove_tree(directory);
    print(std::to_string(totals.passed) + " passed, " + std::to_string(totals.failed) + " failed\n");
    return totals.failed == 0 ? 0 : 1;
}

}  // namespace

}  // namespace systest

int main(int argc, char** argv) {
    if (systest::is_helper(argc, argv)) return systest::run_helper(argc, argv);
    return systest::run(argc, argv);
}
