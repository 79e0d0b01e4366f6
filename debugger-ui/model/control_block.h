// SPDX-License-Identifier: MIT
/// @file
/// @brief A vCPU's control block by the manual's field names.
/// @chapter ring-v
#pragma once

#include <string>
#include <vector>

#include "lib/types.h"
#include "x86/vmcb.h"

namespace debugger {

/// One field of a control block.
struct ControlField {
    const char* group;  ///< "control" or "state"
    std::string name;
    unsigned offset;   ///< in the block
    u64 value;         ///< of its first 8 bytes
    std::string text;  ///< what the value means, where that can be said
    bool operator==(const ControlField&) const = default;
};

/// The fields of a VMCB in the order of the manual. @apm{VMCB Layout, Appendix B}
std::vector<ControlField> fields_of(const Vmcb& block);
/// The manual's name of an exit code: "NPF", "CPUID", "IOIO".
std::string exit_name(u64 code);

}  // namespace debugger
