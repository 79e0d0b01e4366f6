// SPDX-License-Identifier: MIT
/// @file
/// @brief Ring V of this machine: which back end it has, or why it has none.
/// @chapter ring-v
#pragma once

#include "virt/back_end.h"

namespace ring_v {

/// Whether the kernel evaluates the virtual-APIC page even where the processor could: the boot option `vapic=off`.
inline constinit bool software_apic = false;

/// Chooses the back end by CPUID, turns it on, on the boot core, and adds /proc/vm. Called once, before the first process.
void init();
/// Turns it on, on another core. ENOMEM.
Result<void> start_core();
/// The chosen back end, or null.
const BackEnd* back_end();
/// Why there is none: words for people.
const char* missing();

}  // namespace ring_v
