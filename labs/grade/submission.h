// SPDX-License-Identifier: MIT
/// @file
/// @brief A student's files in a tree that is otherwise ours, built.
/// @chapter testing
#pragma once

#include <filesystem>
#include <string>

#include "debugger-ui/rsp/file.h"
#include "labs/lab.h"

namespace grading {

/// A private copy of this tree's kernel and VMM, with the lab's files, and nothing else, taken from the submission. What was
/// built here already is taken along, so only what differs is compiled.
class Submission {
   public:
    /// @throws machine::Error where the copy cannot be made, or a file of the lab's is missing, no plain file, or too large
    Submission(const Lab& lab, const std::filesystem::path& from);

    /// Runs make for a file under build/. Empty: it is built. Otherwise the first error that the compiler reported.
    std::string build(const std::string& target);

    /// The top of the copy.
    const std::filesystem::path& tree() const { return directory_.path(); }

   private:
    void take_students_files(const Lab& lab, const std::filesystem::path& from);
    machine::TemporaryDirectory directory_;
};

}  // namespace grading
