// SPDX-License-Identifier: MIT
/// @file
/// @brief What a system-call test is made of: cases, checks, and the runner that gives each case a process of its own.
/// @chapter testing
///
/// Linux is the oracle: one static binary runs on Linux and on Twain, and both must print the same. So nothing that is
/// printed may depend on process numbers, addresses or times; values appear only in the line of a check that failed.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace systest {

/// A test: a function that makes checks. It runs in a child process, in an empty directory of its own.
struct Case {
    std::string_view name;
    void (*body)();
};

using Group = std::span<Case const>;

/// Reports one check as a line `case: what: ok`, or `case: what: FAILED`.
void check(std::string_view what, bool holds);

/// As `check`, with a text that is printed only when the check failed.
void check(std::string_view what, bool holds, std::string const& detail);

/// Checks that two numbers are the same; prints both when they are not.
template <typename Got, typename Want>
void equal(std::string_view what, Got got, Want want) {
    auto const g = static_cast<long long>(got);
    auto const w = static_cast<long long>(want);
    check(what, g == w, "got " + std::to_string(g) + ", expected " + std::to_string(w));
}

/// Checks that two texts are the same; prints both when they are not.
void same_text(std::string_view what, std::string_view got, std::string_view want);

/// Checks that a call succeeded; prints errno when it did not.
void succeeds(std::string_view what, long result);

/// Checks that a call returned -1 and left `error` in errno.
void fails(std::string_view what, long result, int error);

/// How the runner is to treat the cases.
struct RunOptions {
    std::string directory = "/tmp";  ///< where the cases' own directories are made (and removed)
    int timeout_seconds = 60;        ///< after which a case is killed and counted as failed
};

struct Totals {
    int passed = 0;
    int failed = 0;
};

/// Runs one case and adds its checks to `totals`. A case that dies, hangs or leaves without finishing is a failed check.
void run_case(Case const& test, RunOptions const& options, Totals& totals);

/// Makes the directory under which every case gets its own; empty when that is impossible.
std::string make_work_directory(RunOptions const& options);

/// Removes a directory and all that lies below it.
void remove_tree(std::string const& path);

/// Writes all of `text` to standard output, unbuffered.
void print(std::string_view text);

Group memory_cases();
Group mapping_cases();
Group fault_cases();
Group fork_cases();
Group exec_cases();
Group wait_cases();
Group pipe_cases();
Group descriptor_cases();
Group poll_cases();
Group file_cases();
Group attribute_cases();
Group directory_cases();
Group path_cases();
Group signal_cases();
Group handler_cases();
Group job_cases();
Group thread_cases();
Group affinity_cases();
Group futex_cases();
Group clock_cases();
Group machine_cases();
Group system_cases();
Group language_cases();
Group pointer_cases();
Group sweep_cases();

}  // namespace systest
