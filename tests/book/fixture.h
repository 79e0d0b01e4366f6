// SPDX-License-Identifier: MIT
/// @file
/// @brief A little tree with a book of one chapter, in a folder of its own, that a test may break.
/// @chapter testing
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "debugger-ui/rsp/file.h"

namespace proof {

/// What a program printed, and its exit status.
struct Answer {
    int status;
    std::string said;
    bool says(const std::string& text) const { return said.find(text) != std::string::npos; }
};

/// What a command of the shell does in a folder.
Answer run_in(const std::filesystem::path& folder, const std::string& command);

/// A book that is whole: the weaver finds nothing wrong with it.
class LittleBook {
   public:
    LittleBook();

    std::string read(const std::string& path) const;
    /// Writes a file and lets git track it.
    void write(const std::string& path, const std::string& text);
    /// Puts `to` in the place of `from`, which must be in the file.
    void replace(const std::string& path, const std::string& from, const std::string& to);
    void remove(const std::string& path);

    /// Runs a program of the build with this tree as its folder.
    Answer run(const std::string& program, const std::vector<std::string>& arguments) const;
    /// The weaver's whole check.
    Answer weave() const { return run("book/weaver", {"--coverage"}); }

   private:
    machine::TemporaryDirectory directory_;
    std::filesystem::path build_;
};

inline constexpr const char* kChapter = "book/chapters/02-booting.md";
inline constexpr const char* kSource = "kernel/boot/start.cpp";

}  // namespace proof
