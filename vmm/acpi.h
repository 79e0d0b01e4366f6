// SPDX-License-Identifier: MIT
/// @file
/// @brief The ACPI tables that tell the guest what its machine has.
/// @chapter vmm
#pragma once

#include <span>

#include "vmm/guest_memory.h"

namespace vmm {

/// Writes RSDP, XSDT, FADT, DSDT and MADT, as `iasl` made them from vmm/acpi/, to their places in the firmware area,
/// for a machine of `vcpus` processors (at most 255) with the identifiers 0 .. vcpus-1. Answers where the RSDP is.
/// Throws GuestError when the guest has no memory there.
GuestPhys write_acpi_tables(const GuestMemory& memory, unsigned vcpus);

}  // namespace vmm
