// SPDX-License-Identifier: MIT
/// @file
/// @brief The colours and measures that all views share. Colours are told apart by the colour-blind, and never speak alone.
/// @chapter observability
#pragma once

#include <imgui.h>

#include "debugger-ui/model/entry.h"
#include "debugger-ui/model/trace_log.h"

namespace debugger {

/// The colours of one theme. The hues are those of Okabe and Ito.
struct Look {
    ImU32 window, panel, line;        ///< backgrounds, and thin lines
    ImU32 text, quiet;                ///< and what matters less
    ImU32 comment;                    ///< in source
    ImU32 accent;                     ///< what is chosen
    ImU32 path;                       ///< the outline of the path
    ImU32 empty, table;               ///< cells
    ImU32 page_4k, page_2m, page_1g;  ///< cells of leaves, by size
    ImU32 changed;                    ///< behind what changed last
    ImU32 wrong, wrong_back;          ///< a violation or a fault
    ImU32 ring3, ring_v, kernel;      ///< causes of faults
    bool dark;

    static const Look& light();
    static const Look& dark_theme();
    ImU32 page(unsigned level) const { return level == 1 ? page_4k : level == 2 ? page_2m : page_1g; }
    ImU32 cause(abi::TraceCause cause) const;
    /// Puts the colours and spaces into ImGui's own widgets.
    void apply() const;
};

/// `colour` with another opacity, 0 to 1.
ImU32 faded(ImU32 colour, float opacity);
/// `part` (0 to 1) of `colour` over `ground`, opaque: cheaper to paint than the same by opacity.
ImU32 mixed(ImU32 ground, ImU32 colour, float part);
/// The outline of a rectangle, as four filled ones.
void draw_frame(ImDrawList& list, ImVec2 from, ImVec2 to, ImU32 colour, float thickness = 1);
ImVec4 vector_from(ImU32 colour);
/// A measure in pixels that is right for text 15 pixels high, for the text that there is.
float scaled(float pixels);
/// The height of a row of text.
float row();
/// The width of `count` characters of the fixed-width font.
float columns(float count);
/// Text in a colour, formatted as printf does.
void text_in(ImU32 colour, const char* format, ...) IM_FMTARGS(2);
/// A heading of a part of the window.
void heading(const Look& look, const char* text);

}  // namespace debugger
