// SPDX-License-Identifier: MIT
/// @file
/// @brief What a guest's memory has cost until now: its nested faults, and the pairs of its process.
/// @chapter pair
#pragma once

#include <vector>

#include "tests/boot/pair_walk.h"

namespace machine {

struct NestedFaults {
    std::vector<abi::TraceRecord>
        records;    ///< faults of ring V that mapped a page, oldest first; at most a ring of them
    PairWalk walk;  ///< of the process that has the guest
};

/// Stops the machine, whose kernel is build/twain.elf, and looks; leaves it stopped.
NestedFaults nested_faults(Rsp& rsp);

}  // namespace machine
