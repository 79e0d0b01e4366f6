// SPDX-License-Identifier: MIT
/// @file
/// @brief An entry as a small figure: its kind, rights, accessed and dirty bits as shapes.
/// @chapter pair
#pragma once

#include "debugger-ui/views/look.h"
#include "debugger-ui/views/rectangles.h"

namespace debugger {

/// What else is to be shown of a cell, beside its entry.
struct CellMarks {
    bool on_path = false;
    bool changed = false;
    bool hovered = false;
    Violation violation = Violation::None;
    float left_free = 0;  ///< pixels at the left that the shapes leave to words
};

/// Paints a cell between two corners:
///
///     empty    a quiet ground
///     table    an outline with a triangle that points down
///     leaf     three bars: read, write, execute; one that is missing is a dot at the foot; a beam over them for 2 MiB,
///              two for 1 GiB
///     held     a ring
///     below    a stroke on the left: accessed; on the right: dirty
///     on path  a thick frame; changed: a yellow ground and a dark corner; violation: a red cross over a red ground
void draw_cell(Rectangles& rectangles, const Look& look, ImVec2 from, ImVec2 to, const Cell& cell, unsigned level,
               const CellMarks& marks);
/// One alone.
inline void draw_cell(ImDrawList& list, const Look& look, ImVec2 from, ImVec2 to, const Cell& cell, unsigned level,
                      const CellMarks& marks) {
    Rectangles rectangles(list);
    draw_cell(rectangles, look, from, to, cell, level, marks);
}

}  // namespace debugger
