// SPDX-License-Identifier: MIT
/// @file
/// @brief The verdicts' words.
/// @chapter testing
#include "labs/grade/verdict.h"

namespace grading {

const char* word_of(Verdict verdict) {
    switch (verdict) {
    case Verdict::Passed: return "passed";
    case Verdict::Wrong: return "wrong";
    case Verdict::Hang: return "hang";
    case Verdict::TooSlow: return "too-slow";
    case Verdict::Crash: return "crash";
    case Verdict::DoesNotBuild: return "does-not-build";
    case Verdict::HarnessError: return "harness-error";
    }
    return "";
}

void wrong(const std::string& expected, const std::string& seen) { throw Failure(Verdict::Wrong, expected, seen); }

}  // namespace grading
