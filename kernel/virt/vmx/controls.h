// SPDX-License-Identifier: MIT
/// @file
/// @brief What Twain asks of a VMX processor, control by control.
/// @chapter ring-v
#pragma once

#include "x86/vmcs.h"

namespace vmx {

/// The controls that every guest runs with, and what else the processor has told.
struct Controls {
    u32 pin = 0, processor = 0, processor2 = 0, exit = 0, entry = 0;
    u32 revision = 0;             ///< that a VMCS begins with
    bool accessed_dirty = false;  ///< EPT entries have these bits
    /// The processor evaluates the virtual-APIC page: it reads registers there, delivers what IRR holds, and ends interrupts.
    bool virtual_apic() const { return processor2 & VmxProcessor2::VIRTUAL_INTERRUPT_DELIVERY; }
    /// Bochs 2.7. The IDT-vectoring information of its exits knows nothing of virtual interrupts: it has the event before.
    bool is_bochs() const { return revision == 0x2b; }
};

using ReadMsr = u64 (*)(u32 msr);

/// Chooses `controls` by the capability MSRs of a processor whose CPUID shows VMX; reads only those that exist. Null, or a
/// sentence that says what is lacking.
const char* choose_controls(ReadMsr read_msr, Controls& controls);

}  // namespace vmx
