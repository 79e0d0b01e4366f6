// SPDX-License-Identifier: MIT
/// @file
/// @brief A C++ source file as the style gates and the line counter see it.
/// @chapter testing
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace style {

/// Lines are counted from 1.
struct Function {
    std::string head;  ///< what stands before its body
    int first_line;    ///< where the head begins
    int last_line;     ///< where the body ends
    int lines() const { return last_line - first_line + 1; }
};

/// One file, read and taken apart.
class Source {
   public:
    static Source read(const std::filesystem::path& path);
    Source(std::filesystem::path path, std::string_view text);

    const std::filesystem::path& path() const { return path_; }
    /// The lines as they are written.
    const std::vector<std::string>& lines() const { return lines_; }
    /// The lines without comments and without what stands in strings and character literals.
    const std::vector<std::string>& code() const { return code_; }
    /// Lines that are neither blank nor comment alone.
    int code_lines() const;
    /// The files included in quotation marks, as written.
    std::vector<std::string> includes() const;
    /// The functions defined here, members included, lambdas not.
    std::vector<Function> functions() const;

   private:
    std::filesystem::path path_;
    std::vector<std::string> lines_;
    std::vector<std::string> code_;
};

/// Every C++ and assembly file of the project in the directory we run in, sorted.
std::vector<Source> project_sources();

}  // namespace style
