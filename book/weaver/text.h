// SPDX-License-Identifier: MIT
/// @file
/// @brief Lines and words: what every part of the weaver does to text.
/// @chapter testing
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace weaver {

using Lines = std::vector<std::string>;

/// @throws std::runtime_error naming the file where it cannot be read
std::string read_file(const std::filesystem::path& path);
/// Makes the folder where it is missing. A file that already says this keeps its time. @throws std::runtime_error
void write_file(const std::filesystem::path& path, std::string_view text);

Lines split_lines(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);
std::string join(const Lines& lines, std::string_view separator = "\n");

std::string trim(std::string_view text);
inline bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }
/// Columns of white space before the first other character.
std::size_t indent_of(std::string_view line);
/// The lines without the indentation that all of them have.
Lines dedent(Lines lines);
std::string replace_all(std::string text, std::string_view from, std::string_view to);

/// The text with HTML's special characters written so that they mean themselves, in quoted attributes too.
std::string html(std::string_view text);
/// Lower-case letters, digits and single dashes: the form of anchors and of file names of the site.
std::string slug(std::string_view text);

/// What a command printed. @throws std::runtime_error with what it said where it failed
std::string output_of(const std::vector<std::string>& command, std::string_view input = {});

}  // namespace weaver
