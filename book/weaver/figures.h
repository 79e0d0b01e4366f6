// SPDX-License-Identifier: MIT
/// @file
/// @brief Figures: SVG of the authors, registers drawn from their fields, and Graphviz.
/// @chapter testing
#pragma once

#include <string>

#include "book/weaver/problems.h"
#include "book/weaver/text.h"

namespace weaver {

/// A drawing and what stands below it; `caption` is HTML already.
std::string figure(const std::string& drawing, const std::string& caption, const std::string& id,
                   const std::string& css);

/// The SVG of a file under book/, its ids made its own. What breaks the rules of BOOK's figures (fixed colours, too wide, small
/// text) is a problem.
std::string inline_svg(const std::string& target, const Place& place, Problems& problems);

/// A register: lines `63 XD`, `62:52 ignored`, from the highest bit to the lowest, without a gap.
std::string bits_svg(const Lines& lines, const Place& place, Problems& problems);

/// A Graphviz drawing.
std::string dot_svg(const Lines& lines, const Place& place, Problems& problems);

}  // namespace weaver
