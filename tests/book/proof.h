// SPDX-License-Identifier: MIT
/// @file
/// @brief Proving transcripts: typed again, and compared with what the book says.
/// @chapter testing
#pragma once

#include <functional>
#include <string>

#include "book/weaver/chapter.h"
#include "book/weaver/transcript.h"

namespace proof {

/// Types a command, and answers what came.
using Type = std::function<weaver::Lines(const weaver::Command&)>;

/// What came of the commands of one transcript.
struct Outcome {
    bool same = true;
    std::string difference;              ///< of the first that differs
    std::vector<weaver::Lines> outputs;  ///< of each command
};
Outcome prove(const weaver::Transcript& transcript, const Type& type);

/// The expectation that an output gives: its lines, but for those that a mask of the old one fits.
weaver::Lines updated(const weaver::Lines& expected, const weaver::Lines& output);

/// The chapter's text with the outputs in place of what its transcript expected.
weaver::Lines rewritten(weaver::Lines chapter, const weaver::Transcript& transcript, const Outcome& outcome);

/// Prints `ok NAME`, or the difference and `not ok NAME`, for tests/tools/run-tests.
void report(const std::string& name, const Outcome& outcome);

}  // namespace proof
