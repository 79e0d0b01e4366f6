// SPDX-License-Identifier: MIT
/// @file
/// @brief What the machine is to stop at: breakpoints, watchpoints, and the next fault, exit or change of a kind.
/// @chapter observability
#pragma once

#include "debugger-ui/model/request.h"
#include "debugger-ui/views/look.h"

namespace debugger {

/// What this view remembers.
struct StopsViewState {
    char place[128] = {};  ///< of a breakpoint, as it is typed
    char condition[128] = {};
    char range[64] = {};      ///< of guest-physical addresses
    std::string exit_kind{};  ///< empty: any
    int watch_bytes = 8;
    bool wants_place = false;  ///< the keyboard is to go to the place
};
void draw_stops_view(const Picture& picture, StopsViewState& state, const Look& look, Requests& requests);

}  // namespace debugger
