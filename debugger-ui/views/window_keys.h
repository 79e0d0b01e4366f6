// SPDX-License-Identifier: MIT
/// @file
/// @brief What keys do in the whole window.
/// @chapter observability
#pragma once

#include "debugger-ui/views/window_view.h"

namespace debugger {

/// Does what the keys ask for. Returns those that the view under a person's eyes may want.
Keystrokes take_window_keys(const Picture& picture, WindowState& state, const Keystrokes& keys, Requests& requests);

}  // namespace debugger
