// SPDX-License-Identifier: MIT
/// @file
/// @brief Transcripts and experiments as the chapters write them: what is typed where, and what must come.
/// @chapter testing
#pragma once

#include <map>
#include <string>
#include <vector>

#include "book/weaver/markdown.h"

namespace weaver {

/// Where a command is typed, told by its prompt.
enum class Where { Checkout, Twain, Guest };
const char* prompt_of(Where where);

struct Command {
    Where where = Where::Checkout;
    std::string text;
    Lines expected;  ///< `…` in a line is any text, alone any lines
    int line = 0;    ///< of the chapter
};

/// A changed line of the source.
struct Change {
    std::string path;
    std::string text;         ///< stands in exactly one line of the file
    std::string replacement;  ///< of the text
    bool remove = false;      ///< the whole line goes
};

struct Transcript {
    std::string name;                               ///< of an experiment; empty for a transcript
    std::map<std::string, std::string> attributes;  ///< `cpus` → `2`; a word alone → empty
    std::vector<Change> changes;
    std::vector<Command> commands;
    int line = 0;
    int first_body_line = 0;
};

/// Reads a fence of kind transcript or experiment. @throws std::runtime_error saying what is out of form
Transcript parse_transcript(const Block& fence);

/// The line of a file that a change is about, from 1. @throws std::runtime_error where the text is in none, or in several
int changed_line(const Change& change, const Lines& file);
/// The file's lines with the change made. @throws as above
Lines with_change(const Change& change, Lines file);

/// Whether the output is what was expected. Otherwise `difference` says where it first is not.
bool matches(const Lines& expected, const Lines& output, std::string& difference);

}  // namespace weaver
