// SPDX-License-Identifier: MIT
/// @file
/// @brief The I/O APIC: brings device interrupts to a vector and a function.
/// @chapter traps
#pragma once

#include "lib/types.h"

namespace io_apic {

/// Finds it through ACPI and masks every pin; switches the old 8259s off. Called once.
void init();
/// Calls `handler` with interrupts off for every interrupt of the ISA line `line` (0 .. 15).
using Handler = void (*)();
void connect_isa(u8 line, Handler handler);

}  // namespace io_apic
