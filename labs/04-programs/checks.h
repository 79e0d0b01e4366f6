// SPDX-License-Identifier: MIT
/// @file
/// @brief The checks of lab 4 that look at processes: what was loaded, its first stack, and what its calls answered.
/// @chapter testing
#pragma once

#include "labs/04-programs/bench.h"
#include "labs/grade/behaviours.h"
#include "labs/grade/bench.h"
#include "labs/grade/steps.h"

namespace grading {

void check_loads(const Subject& subject);
void check_stack(const Subject& subject);
void check_calls(const Subject& subject);

}  // namespace grading
