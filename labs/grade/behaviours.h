// SPDX-License-Identifier: MIT
/// @file
/// @brief The behaviours of all labs as functions, found by lab and name.
/// @chapter testing
#pragma once

#include <functional>
#include <map>
#include <string>

#include "labs/grade/submission.h"

namespace grading {

/// What a behaviour works with.
struct Subject {
    Submission& submission;
    unsigned seed;  ///< of everything random; printed, so that a run can be repeated
};

/// Returns where the behaviour holds; otherwise throws Failure.
using Check = std::function<void(const Subject&)>;
/// A lab's checks by the names of its behaviours, and what of a submission must be built for them.
struct Checks {
    std::string target;
    std::map<std::string, Check> by_name;
};

/// @throws machine::Error for a lab without checks
const Checks& checks_of(unsigned lab);

const Checks& frames_checks();
const Checks& pair_checks();
const Checks& processes_checks();
const Checks& programs_checks();
const Checks& ring_v_checks();
const Checks& nested_faults_checks();
const Checks& exits_checks();

}  // namespace grading
