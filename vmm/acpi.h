// SPDX-License-Identifier: MIT
/// @file
/// @brief The ACPI tables that tell the guest what its machine has.
/// @chapter vmm
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "vmm/guest_memory.h"

namespace vmm {

/// The start of every table but the RSDP.
/// @spec{ACPI 6.4, System Description Table Header, 5.2.6}
struct [[gnu::packed]] AcpiHeader {
    char signature[4];
    std::uint32_t length;  ///< of the whole table
    std::uint8_t revision;
    std::uint8_t checksum;  ///< makes all bytes of the table add up to 0
    char oem_id[6];
    char oem_table_id[8];
    std::uint32_t oem_revision;
    char creator_id[4];
    std::uint32_t creator_revision;
};
static_assert(sizeof(AcpiHeader) == 36);

/// The DSDT, as `iasl` made it from dsdt.asl.
std::span<const std::byte> compiled_dsdt();

/// Writes RSDP, XSDT, FADT, MADT and DSDT to the firmware area, for a machine of `vcpus` processors with the identifiers
/// 0 .. vcpus-1. Answers where the RSDP is. Throws GuestError when the guest has no memory there.
GuestPhys write_acpi_tables(const GuestMemory& memory, unsigned vcpus);

}  // namespace vmm
