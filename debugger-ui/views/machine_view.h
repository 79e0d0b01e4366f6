// SPDX-License-Identifier: MIT
/// @file
/// @brief What the machine is made of: cores, vCPUs and processes; and the exits that its guests have taken.
/// @chapter observability
#pragma once

#include "debugger-ui/model/request.h"
#include "debugger-ui/views/look.h"

namespace debugger {

/// A click chooses a core, a vCPU or a process to look at.
void draw_machine_view(const Picture& picture, const Look& look, Requests& requests);
/// VM exits by kind and by who settled them. A click runs to the next of a kind.
void draw_exits_view(const Picture& picture, const Look& look, Requests& requests);

}  // namespace debugger
