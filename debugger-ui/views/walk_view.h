// SPDX-License-Identifier: MIT
/// @file
/// @brief The walk: every reference to memory that a translation costs, step by step, forwards and backwards.
/// @chapter nested-faults
#pragma once

#include "debugger-ui/model/request.h"
#include "debugger-ui/views/look.h"

namespace debugger {

/// What this view remembers.
struct WalkViewState {
    int step = -1;  ///< index of the reference looked at; -1: the last one
    u64 for_address = 0;
    usize for_steps = 0;
};

void draw_walk_view(const Picture& picture, WalkViewState& state, const Look& look, Requests& requests);

}  // namespace debugger
