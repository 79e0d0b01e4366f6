// SPDX-License-Identifier: MIT
/// @file
/// @brief Starting the other cores.
/// @chapter cores
#pragma once

/// Starts every core that the ACPI tables name and that there is room for, one after the other, and waits for each. When one
/// does not come within a second, the rest are left out, with a line in the log. Called once, by the boot core, with interrupts
/// off.
void start_cores();
