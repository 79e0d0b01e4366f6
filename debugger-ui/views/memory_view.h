// SPDX-License-Identifier: MIT
/// @file
/// @brief Memory in any of four spaces, and a vCPU's control block by field name.
/// @chapter observability
#pragma once

#include "debugger-ui/model/request.h"
#include "debugger-ui/views/look.h"

namespace debugger {

/// What the memory view remembers.
struct MemoryViewState {
    char address[40] = {};
    u64 typed_for = ~0ULL;   ///< the address that the text stands for
    MemoryText before, now;  ///< so that what changed is lit
};
/// Asks for as much memory as there is room for.
void draw_memory_view(const Picture& picture, MemoryViewState& state, const Look& look, Requests& requests);

/// What the control block view remembers.
struct ControlViewState {
    std::vector<ControlField> before, now;
};
void draw_control_view(const Picture& picture, ControlViewState& state, const Look& look, Requests& requests);

}  // namespace debugger
