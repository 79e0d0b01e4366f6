// SPDX-License-Identifier: MIT
/// @file
/// @brief The few facts that the kernel takes from ACPI's tables: interrupt controllers, power-off, reset.
/// @chapter booting
#pragma once

#include "lib/types.h"

/// What the tables say; zeros where they say nothing. @spec{ACPI Specification 6.4, Software Programming Model, 5.2}
struct AcpiFacts {
    PhysAddr local_apic{0xfee0'0000};
    PhysAddr io_apic{0xfec0'0000};
    u32 io_apic_first_gsi = 0;
    /// The APIC identifiers of the cores that are there, the boot core among them; more than the array holds are left out.
    static constexpr u32 kMaxCores = 32;
    u32 cores = 0;
    u32 core_apic_id[kMaxCores] = {};
    /// Which global interrupt each ISA interrupt arrives on, and whether it is level-triggered or active-low.
    struct IsaInterrupt {
        u32 gsi = 0;
        bool level = false, active_low = false;
    } isa[16];
    u16 pm1a_control = 0, pm1b_control = 0;  ///< I/O ports
    u16 sleep_type_a = 0, sleep_type_b = 0;  ///< SLP_TYP of S5
    bool has_soft_off = false;
    u16 reset_port = 0;
    u8 reset_value = 0;
};

/// Reads the tables from `rsdp`, or from where the firmware of a PC puts it when `rsdp` is 0. Tables with a wrong checksum
/// are ignored.
const AcpiFacts& read_acpi(PhysAddr rsdp);
const AcpiFacts& acpi_facts();
