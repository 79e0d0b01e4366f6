// SPDX-License-Identifier: MIT
/// @file
/// @brief The bar above: what the machine does, what is looked at, how the window is arranged.
/// @chapter observability
#pragma once

#include "debugger-ui/model/request.h"
#include "debugger-ui/views/layout.h"
#include "debugger-ui/views/look.h"

namespace debugger {

/// What the bar remembers.
struct BarState {
    int pace = 0;  ///< faults a second that a guest may take; 0: any number
    char address[40] = {};
    u64 address_typed_for = ~0ULL;  ///< the address that the text stands for
    bool wants_address = false;     ///< the keyboard is to go to the address
    bool help = false;              ///< the list of keys is shown
    std::string notice{};           ///< what came of the last thing asked for, where the machine does not say it
};

/// What the bar changes of the window, beside its own state.
struct WindowArrangement {
    Layout& layout;
    bool& dark;
};
void draw_bar(const Picture& picture, BarState& state, WindowArrangement window, const Look& look, Requests& requests);
/// The list of keys, over everything else.
void draw_help(BarState& state, const Look& look);

}  // namespace debugger
