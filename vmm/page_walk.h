// SPDX-License-Identifier: MIT
/// @file
/// @brief Walks the guest's page tables, as the processor would.
/// @chapter vmm
#pragma once

#include <optional>

#include "kernel/abi/ring_v.h"
#include "vmm/guest_memory.h"

namespace vmm {

/// How the processor reads addresses and instructions.
enum class CodeWidth { Bits16, Bits32, Bits64 };

/// The width of the code segment in `system`: 64 bits only in long mode.
CodeWidth code_width(const abi::SystemRegisters& system);

/// Where `address` is in guest-physical space: itself without paging, in long mode by the four levels of tables, with
/// all page sizes. None when a level is not present or lies outside memory, and with 32-bit paging. Rights are not
/// checked: the processor has done that before it left ring V.
/// @sdm{4-Level Paging, 4.5}
std::optional<GuestPhys> walk(const GuestMemory& memory, const abi::SystemRegisters& system, GuestVirt address);

}  // namespace vmm
