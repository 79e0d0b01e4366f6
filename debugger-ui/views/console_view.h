// SPDX-License-Identifier: MIT
/// @file
/// @brief The machine's console: what it shows, and every key for it while it has the keyboard.
/// @chapter observability
#pragma once

#include "debugger-ui/model/console_text.h"
#include "debugger-ui/model/request.h"
#include "debugger-ui/views/input.h"
#include "debugger-ui/views/look.h"

namespace debugger {

/// What the console view remembers, and is given.
struct ConsoleViewState {
    const ConsoleText* text = nullptr;  ///< lives as long as the window; null: there is no console
    bool can_type = false;
    bool has_keyboard = false;  ///< keys go to the machine, and to nothing else: after a click into it, or F12
};
void draw_console_view(ConsoleViewState& state, const Look& look);
/// What a key that the machine gets is to its terminal. F12 gives the keyboard back to the window.
std::string typed_into_console(ConsoleViewState& state, const Keystroke& stroke);

}  // namespace debugger
