// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting one entry.
/// @chapter pair
#include "debugger-ui/views/cell.h"

#include <algorithm>
#include <cmath>

namespace debugger {
namespace {

/// The strokes at the foot of a cell.
float stroke() { return std::max(2.0F, scaled(2)); }

void draw_rights(Rectangles& rectangles, ImU32 colour, ImVec2 from, ImVec2 to, Rights rights) {
    const float width = std::max(2.0F, std::floor((to.x - from.x - scaled(6)) / 3));
    const float gap = std::max(1.0F, std::floor((to.x - from.x - 3 * width) / 4));
    const float foot = to.y - stroke() - 2;
    float x = from.x + gap;
    for (const bool allowed : {rights.read, rights.write, rights.execute}) {
        const float top = allowed ? from.y + 2 : foot - stroke();
        rectangles.add({x, top}, {x + width, foot}, allowed ? colour : faded(colour, 0.45F));
        x += width + gap;
    }
}

/// A beam over the bars for each level that a leaf is higher than the lowest: 2 MiB one, 1 GiB two. Returns where it ends.
float draw_size(Rectangles& rectangles, ImU32 colour, ImVec2 from, ImVec2 to, unsigned level) {
    float y = from.y;
    for (unsigned beam = 1; beam < level; ++beam) {
        rectangles.add({from.x + 1, y + 1}, {to.x - 1, y + 1 + stroke()}, colour);
        y += stroke() + 1;
    }
    return y;
}

void draw_strokes(Rectangles& rectangles, ImU32 colour, ImVec2 from, ImVec2 to, const Cell& cell) {
    const float middle = std::floor((from.x + to.x) / 2), top = to.y - 1 - stroke();
    if (cell.accessed) rectangles.add({from.x + 1, top}, {middle - 1, to.y - 1}, colour);
    if (cell.dirty) rectangles.add({middle + 1, top}, {to.x - 1, to.y - 1}, colour);
}

void draw_table(ImDrawList& list, ImU32 colour, ImVec2 from, ImVec2 to) {
    if (to.x - from.x < scaled(8)) return;  // words have taken its room; the outline says it too
    const float middle = std::floor((from.x + to.x) / 2), half = std::floor((to.x - from.x) / 4);
    const float top = from.y + std::floor((to.y - from.y) * 0.32F);
    list.AddTriangleFilled({middle - half, top}, {middle + half, top}, {middle, top + half * 1.5F}, colour);
}

}  // namespace

void draw_cell(Rectangles& rectangles, const Look& look, ImVec2 from, ImVec2 to, const Cell& cell, unsigned level,
               const CellMarks& marks) {
    const bool wrong = marks.violation != Violation::None;
    ImU32 ground = cell.kind == CellKind::Leaf ? mixed(look.panel, look.page(level), 0.13F) : look.empty;
    if (marks.changed) ground = look.changed;
    if (wrong) ground = look.wrong_back;
    rectangles.add(from, to, ground);
    const ImVec2 shapes{std::min(from.x + marks.left_free, to.x - scaled(4)), from.y};
    switch (cell.kind) {
    case CellKind::Empty: break;
    case CellKind::Held:
        rectangles.list().AddCircle({(shapes.x + to.x) / 2, (from.y + to.y) / 2}, (to.x - shapes.x) / 4, look.quiet, 12,
                                    1.5F);
        break;
    case CellKind::Table:
        rectangles.add_frame(from, to, look.table);
        draw_table(rectangles.list(), look.table, shapes, to);
        draw_strokes(rectangles, look.text, from, to, cell);
        break;
    case CellKind::Leaf:
        draw_rights(rectangles, look.page(level),
                    {shapes.x, draw_size(rectangles, look.page(level), shapes, to, level)}, to, cell.rights);
        draw_strokes(rectangles, look.text, from, to, cell);
        break;
    }
    if (wrong) {
        rectangles.list().AddLine(from, to, look.wrong, 2);
        rectangles.list().AddLine({from.x, to.y}, {to.x, from.y}, look.wrong, 2);
        rectangles.add_frame(from, to, look.wrong, 2);
    }
    if (marks.changed) {
        // A corner beside the colour.
        const float side = std::floor((to.x - from.x) / 3);
        rectangles.list().AddTriangleFilled({to.x - side, from.y}, {to.x, from.y}, {to.x, from.y + side}, look.text);
    }
    if (marks.hovered) rectangles.add_frame({from.x - 1, from.y - 1}, {to.x + 1, to.y + 1}, look.accent, 2);
    if (marks.on_path) rectangles.add_frame({from.x - 2, from.y - 2}, {to.x + 2, to.y + 2}, look.path, 3);
}

}  // namespace debugger
