// SPDX-License-Identifier: MIT
/// @file
/// @brief The state in which processors start: long mode for the first, real mode for the others.
/// @chapter boot-linux
#pragma once

#include "kernel/abi/ring_v.h"
#include "vmm/guest_memory.h"

namespace vmm {

/// Selectors that the 64-bit boot protocol asks for.
inline constexpr std::uint16_t kBootCodeSelector = 0x10;
inline constexpr std::uint16_t kBootDataSelector = 0x18;

/// Writes to low guest memory what long mode needs, at `kBootPageTables` and `kGdt`: page tables that map the first 4
/// GiB to themselves in 2 MiB pages (what is not written must be zero), and a flat descriptor table. Throws GuestError when the guest has no memory
/// there.
void write_boot_tables(const GuestMemory& memory);

/// The system registers of a processor in long mode on those tables: paging on, interrupts off, flat segments.
abi::SystemRegisters long_mode_registers();

/// All registers of a processor after INIT and a start-up IPI: in real mode, at the page with the number `vector`.
/// @sdm{Processor State After Reset, 9.1.1}
void set_real_mode(abi::RingV& state, std::uint8_t vector);

}  // namespace vmm
