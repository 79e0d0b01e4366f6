// SPDX-License-Identifier: MIT
/// @file
/// @brief What a person asks for: views send these down, and never act themselves.
/// @chapter observability
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "debugger-ui/model/picture.h"

namespace debugger {

/// Look at something else.
struct Select {
    Selection selection;
};
/// Let the machine run, stop it, or execute one instruction.
struct Run {};
struct Interrupt {};
struct StepInstruction {};
/// Run on to the next fault of a guest, in a range of guest-physical addresses.
struct RunToNestedFault {
    u64 begin = 0, end = ~0ULL;
};
/// Set a breakpoint, or take it away where there is one: at a symbol, at FILE:LINE, or at 0xADDRESS.
struct ToggleBreakpoint {
    std::string place;
};
/// Read every pair of every process, not only those on the path, for one snapshot.
struct GatherAllPairs {};
/// Write a recording with every pair of every process.
struct Save {
    std::string file;
};
/// Put text where other programs can paste it from.
struct CopyText {
    std::string text;
};

using Request = std::variant<Select, Run, Interrupt, StepInstruction, RunToNestedFault, ToggleBreakpoint,
                             GatherAllPairs, Save, CopyText>;
using Requests = std::vector<Request>;

}  // namespace debugger
