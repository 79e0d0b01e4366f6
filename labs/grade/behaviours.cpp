// SPDX-License-Identifier: MIT
/// @file
/// @brief Which lab is checked by what.
/// @chapter testing
#include "labs/grade/behaviours.h"

#include "debugger-ui/rsp/error.h"

namespace grading {

const Checks& checks_of(unsigned lab) {
    switch (lab) {
    case 1: return frames_checks();
    case 2: return pair_checks();
    case 3: return processes_checks();
    case 4: return programs_checks();
    case 5: return ring_v_checks();
    case 6: return nested_faults_checks();
    case 7: return exits_checks();
    }
    throw machine::Error("nothing checks lab " + std::to_string(lab));
}

}  // namespace grading
