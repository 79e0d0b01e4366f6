// SPDX-License-Identifier: MIT
/// @file
/// @brief The walk: every reference to memory that a translation costs, step by step, forwards and backwards.
/// @chapter nested-faults
#pragma once

#include "debugger-ui/model/request.h"
#include "debugger-ui/views/look.h"

namespace debugger {

/// It remembers nothing: which step is looked at, the pair view wants to know too.
void draw_walk_view(const Picture& picture, const Look& look, Requests& requests);

}  // namespace debugger
