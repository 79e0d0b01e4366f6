// SPDX-License-Identifier: MIT
/// @file
/// @brief The registers of the core that stands, with their fields, and what changed lit.
/// @chapter observability
#pragma once

#include "debugger-ui/model/request.h"
#include "debugger-ui/views/look.h"

namespace debugger {

/// What the register view remembers: the values before the last stop, so that what changed is lit.
struct RegistersViewState {
    std::shared_ptr<const Snapshot> of;
    std::vector<Register> before;
};
void draw_registers_view(const Picture& picture, RegistersViewState& state, const Look& look);

}  // namespace debugger
