// SPDX-License-Identifier: MIT
/// @file
/// @brief The whole window: the bar above, the pair or the code, the walk beside it, the time line below.
/// @chapter observability
#pragma once

#include "debugger-ui/views/code_view.h"
#include "debugger-ui/views/console_view.h"
#include "debugger-ui/views/memory_view.h"
#include "debugger-ui/views/pair_view.h"
#include "debugger-ui/views/timeline_view.h"
#include "debugger-ui/views/walk_view.h"

namespace debugger {

enum class LeftPage : u8 { Pair, Code, Memory, Console };
enum class RightPage : u8 { Walk, Registers, Control, Log, Packets };
inline constexpr int kLeftPages = 4, kRightPages = 5;

/// What all views remember.
struct WindowState {
    bool dark = false;
    LeftPage left = LeftPage::Pair;
    RightPage right = RightPage::Walk;
    PairViewState pair{};
    TimelineViewState timeline{};
    RegistersViewState registers{};
    CodeViewState code{};
    MemoryViewState memory{};
    ControlViewState control{};
    ConsoleViewState console{};
    float right_part = 0.25F;  ///< of the width, for the right pane
    float below_part = 0.23F;  ///< of the height, for the time line
    int pace = 0;              ///< faults a second that a guest may take; 0: any number
    char address[40] = {};
    u64 address_typed_for = ~0ULL;  ///< the address that the text stands for
};

/// Paints one frame, as large as ImGui's display. `seconds`: since the frame before.
void draw_window(const Picture& picture, WindowState& state, float seconds, Requests& requests);

}  // namespace debugger
