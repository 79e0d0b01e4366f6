// SPDX-License-Identifier: MIT
/// @file
/// @brief How many VM exits of each kind the kernel has counted: its own numbers, found by its symbols.
/// @chapter exits
#pragma once

#include "abi/debug.h"
#include "debugger-ui/model/snapshot.h"
#include "debugger-ui/symbols/symbols.h"

namespace debugger {

class ExitCounter {
   public:
    /// @throws machine::Error where the kernel has no vCPUs as this knows them
    explicit ExitCounter(const machine::Symbols& symbols);
    /// The sums over all vCPUs of a machine, in the order in which the kernel names the kinds.
    std::vector<ExitCount> count(const ReadPhysical& read, const abi::DebugBlock& block) const;

   private:
    std::vector<std::pair<std::string, u64>> kinds_;
    u64 from_registers_;  ///< how far behind a vCPU's registers its counts are
};

}  // namespace debugger
