// SPDX-License-Identifier: MIT
/// @file
/// @brief The machine's console, and a line to type into it.
/// @chapter observability
#pragma once

#include "debugger-ui/model/console_text.h"
#include "debugger-ui/model/request.h"
#include "debugger-ui/views/look.h"

namespace debugger {

/// What the console view remembers, and is given.
struct ConsoleViewState {
    const ConsoleText* text = nullptr;  ///< lives as long as the window; null: there is no console
    bool can_type = false;
    char line[512] = {};
};
void draw_console_view(ConsoleViewState& state, const Look& look, Requests& requests);

}  // namespace debugger
