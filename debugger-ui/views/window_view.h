// SPDX-License-Identifier: MIT
/// @file
/// @brief The whole window: the bar above, and four panes of views.
/// @chapter observability
#pragma once

#include "debugger-ui/views/bar_view.h"
#include "debugger-ui/views/code_view.h"
#include "debugger-ui/views/console_view.h"
#include "debugger-ui/views/heat_view.h"
#include "debugger-ui/views/input.h"
#include "debugger-ui/views/memory_view.h"
#include "debugger-ui/views/pair_view.h"
#include "debugger-ui/views/registers_view.h"
#include "debugger-ui/views/stops_view.h"
#include "debugger-ui/views/timeline_view.h"

namespace debugger {

/// What all views remember.
struct WindowState {
    bool dark = false;
    float text_scale = 1;
    Layout layout = layouts().front().make();
    BarState bar{};
    PairViewState pair{};
    TimelineViewState timeline{};
    RegistersViewState registers{};
    CodeViewState code{};
    StopsViewState stops{};
    MemoryViewState memory{};
    ControlViewState control{};
    ConsoleViewState console{};
    int text_awaited =
        0;  ///< frames until a field of text that a key has opened takes keys: none is to be lost to others
};

/// Paints one frame, as large as ImGui's display.
void draw_window(const Picture& picture, WindowState& state, const FrameInput& input, Requests& requests);

}  // namespace debugger
