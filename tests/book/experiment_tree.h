// SPDX-License-Identifier: MIT
/// @file
/// @brief A copy of the tree with a build of its own, in which experiments may break things.
/// @chapter testing
#pragma once

#include <filesystem>

#include "book/weaver/transcript.h"

namespace proof {

class ExperimentTree {
   public:
    /// Brings the copy below the build directory up to date: files that git tracks, and at first all that is built, so that each
    /// experiment compiles only what it changes. @throws std::runtime_error
    explicit ExperimentTree(const std::filesystem::path& folder);

    /// Makes the changes in the copy. @throws std::runtime_error where a text is not in exactly one line
    void change(const std::vector<weaver::Change>& changes);
    /// Takes them back.
    void restore();

    /// What must be built for commands on these machines; empty where nothing.
    static std::string goals(const weaver::Transcript& transcript);

   private:
    void bring_up_to_date(const std::filesystem::path& file);

    std::filesystem::path source_, folder_;
    std::vector<std::filesystem::path> changed_;
};

}  // namespace proof
