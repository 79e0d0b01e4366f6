// SPDX-License-Identifier: MIT
/// @file
/// @brief A student's files in a tree that is otherwise ours, built.
/// @chapter testing
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "debugger-ui/rsp/error.h"
#include "debugger-ui/rsp/file.h"
#include "labs/lab.h"

namespace grading {

/// Nothing can be made of what was handed in: a file is missing, or is none.
class Unusable : public machine::Error {
   public:
    using Error::Error;
};

/// A private copy of this tree's kernel and VMM, with the lab's files, and nothing else, taken from the submission. What was
/// built here already is taken along, so only what differs is compiled; but nothing that was made of our own text of the
/// lab's files. It is compiled in the sandbox.
class Submission {
   public:
    /// @throws machine::Error where the copy cannot be made; Unusable
    Submission(const Lab& lab, const std::filesystem::path& from);

    /// Makes a file under build/. Empty: it is built. Otherwise the first error that the compiler reported, or the limit
    /// that it met. @throws machine::Error where that took ten minutes of this computer's time
    std::string build(const std::string& target);

    /// The top of the copy.
    const std::filesystem::path& tree() const { return directory_.path(); }

   private:
    void take_students_files(const Lab& lab, const std::filesystem::path& from);
    /// Removes what was built of these files.
    void forget(const std::vector<std::string>& files);
    machine::TemporaryDirectory directory_;
};

}  // namespace grading
