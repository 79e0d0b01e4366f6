// SPDX-License-Identifier: MIT
/// @file
/// @brief Going on by lines of source: instruction by instruction, and around what a line calls.
/// @chapter observability
#pragma once

#include "debugger-ui/model/request.h"
#include "debugger-ui/target/stops.h"

namespace debugger {

/// On the way from one line to the next.
struct LineStep {
    StepLine::Depth depth;
    std::optional<machine::SourceLine> from{};  ///< nothing: it began in code without source
    unsigned left = 2000;                       ///< instructions that may still be executed one by one
};

/// The step from where the machine stands. Nothing: there is no caller to go out to.
LineStep begin_line_step(Target& target, const Standing& standing, StepLine::Depth depth);
/// Goes on until another line. Nothing: it stands there, or has had enough. Else where the machine is to run to first.
std::optional<RunToReturn> go_on(Target& target, Standing& standing, LineStep& step);

}  // namespace debugger
