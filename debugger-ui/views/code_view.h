// SPDX-License-Identifier: MIT
/// @file
/// @brief The machine as a program: registers, stack, source and instructions of the core that stands.
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

/// What the source view remembers.
struct CodeViewState {
    u64 scrolled_for = 0;  ///< the address that was last brought into sight
    char place[128] = {};  ///< of a breakpoint, as it is typed
    char condition[128] = {};
};
/// Stack, source and disassembly. A click on a line sets a breakpoint there, or takes it away.
void draw_code_view(const Picture& picture, CodeViewState& state, const Look& look, Requests& requests);

}  // namespace debugger
