// SPDX-License-Identifier: MIT
/// @file
/// @brief How a behaviour ends, and the exceptions that say so.
/// @chapter testing
#pragma once

#include <stdexcept>
#include <string>

#include "labs/lab.h"

namespace grading {

/// HarnessError is the grader's own fault or the computer's: such a behaviour is not graded, and never counts as 0.
enum class Verdict { Passed, Wrong, Hang, TooSlow, Crash, DoesNotBuild, HarnessError };

/// The verdict's word in reports: `passed`, `wrong`, `hang`, `too-slow`, `crash`, `does-not-build`, `harness-error`.
const char* word_of(Verdict verdict);

/// Ends a behaviour. Everything else that is thrown while one is graded is a harness error.
class Failure : public std::runtime_error {
   public:
    Failure(Verdict how, std::string wanted, const std::string& found)
        : std::runtime_error(found), verdict(how), expected(std::move(wanted)), seen(found) {}
    Verdict verdict;
    std::string expected, seen;
};

/// The usual way to lose a behaviour.
[[noreturn]] void wrong(const std::string& expected, const std::string& seen);

struct Result {
    Behaviour behaviour;
    Verdict verdict;
    std::string expected, seen;  ///< one line each; empty where it passed
    double seconds = 0;          ///< of this computer's time
    unsigned earned() const { return verdict == Verdict::Passed ? behaviour.points : 0; }
};

}  // namespace grading
