// SPDX-License-Identifier: MIT
/// @file
/// @brief The work tree of a lab.
/// @chapter testing
#pragma once

#include <filesystem>

#include "labs/lab.h"

namespace grading {

/// Whether a file of this tree goes into a handout: the book, which shows every line, and the solutions' opponents stay here.
bool is_handed_out(const std::string& path);

/// Writes the tree to `folder`, which must not exist yet, and commits it there as the first commit of a new repository.
/// @throws machine::Error: nothing is left behind
void make_handout(const Lab& lab, const std::filesystem::path& folder);

/// The text of the tree's LAB.md: the lab's own, and what follows from its file `lab`.
std::string guide(const Lab& lab);

}  // namespace grading
