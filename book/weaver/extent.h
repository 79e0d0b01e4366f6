// SPDX-License-Identifier: MIT
/// @file
/// @brief Which lines belong to a definition: its comment above, its body, its proofs below.
/// @chapter testing
#pragma once

#include "book/weaver/definitions.h"

namespace weaver {

/// Whether the line is nothing but a comment (or part of one that began above, where it opens with ` *`).
bool is_comment(const SourceFile& file, int line);

/// The words of a comment's line, without the marks that make it one.
std::string comment_text(const SourceFile& file, int line);

/// The lines of a definition whose name stands on `line`, and which ends on `end` (0: ctags did not say).
Range extent_of(const SourceFile& file, int line, int end);

/// The paragraph of `within` that opens with a comment beginning with `words`: up to the next blank line, or to where the
/// code leaves the comment's block. begin is 0 where there is none.
Range paragraph_of(const SourceFile& file, const Range& within, const std::string& words);

}  // namespace weaver
