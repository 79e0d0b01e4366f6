// SPDX-License-Identifier: MIT
/// @file
/// @brief What is wrong with the book: collected, so that one run names everything, and printed as compilers do.
/// @chapter testing
#pragma once

#include <set>
#include <string>
#include <vector>

namespace weaver {

/// A line of a file of the book or of the source; line 0 means the file as a whole.
struct Place {
    std::string path;
    int line = 0;
    auto operator<=>(const Place&) const = default;
};

struct Problem {
    Place place;
    std::string message;
    auto operator<=>(const Problem&) const = default;
};

class Problems {
   public:
    void add(const Place& place, const std::string& message) { all_.insert({place, message}); }
    /// In the order of files and lines, each once.
    const std::set<Problem>& all() const { return all_; }
    bool none() const { return all_.empty(); }

   private:
    std::set<Problem> all_;
};

/// `path:line: message`.
inline std::string to_line(const Problem& problem) {
    std::string text = problem.place.path + ":";
    if (problem.place.line > 0) text += std::to_string(problem.place.line) + ":";
    return text + " " + problem.message;
}

}  // namespace weaver
