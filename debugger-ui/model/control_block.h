// SPDX-License-Identifier: MIT
/// @file
/// @brief A vCPU's control block by the manual's field names.
/// @chapter ring-v
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/types.h"
#include "x86/vmcb.h"
#include "x86/vmcs.h"
#include "x86/vmcs_fields.h"

namespace debugger {

/// One field of a control block.
struct ControlField {
    const char* group;  ///< "control", "state", and of a VMCS also "exit" and "host"
    std::string name;
    unsigned offset;   ///< in the block; of a VMCS, whose layout nobody may know, the field's encoding
    u64 value;         ///< of its first 8 bytes
    std::string text;  ///< what the value means, where that can be said
    bool operator==(const ControlField&) const = default;
};

/// The fields of a VMCB in the order of the manual. @apm{VMCB Layout, Appendix B}
std::vector<ControlField> fields_of(const Vmcb& block);
/// The manual's name of an exit code: "NPF", "CPUID", "IOIO".
std::string exit_name(u64 code);

/// The fields of a VMCS from their values, in the order of x86/vmcs_fields.h.
std::vector<ControlField> fields_of_vmcs(std::span<const u64, kVmcsFieldCount> values);
/// One of them by its encoding.
u64 vmcs_value(std::span<const u64, kVmcsFieldCount> values, VmcsField field);
/// The manual's name of a basic exit reason: "EPT violation", "CPUID".
std::string vmx_exit_name(u64 reason);

}  // namespace debugger
