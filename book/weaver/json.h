// SPDX-License-Identifier: MIT
/// @file
/// @brief The little JSON that the weaver meets: what Universal Ctags prints, and strings for the search index.
/// @chapter testing
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace weaver {

/// The members of an object of strings, numbers and words; numbers and words as they are written.
/// @throws std::runtime_error where `line` is no such object
std::map<std::string, std::string> read_json_object(std::string_view line);

/// The text as a JSON string, quotes and all.
std::string json_string(std::string_view text);

}  // namespace weaver
