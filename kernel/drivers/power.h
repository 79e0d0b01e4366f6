// SPDX-License-Identifier: MIT
/// @file
/// @brief Switching the machine off and starting it anew.
/// @chapter booting
#pragma once

/// Switches the machine off through ACPI; where that does nothing, stops all cores with a line on the console.
[[noreturn]] void power_off();
/// Ends a machine that has panicked: an emulator with a pvpanic device stops with an error; any other machine stands still.
[[noreturn]] void end_after_panic();
/// Starts the machine anew: ACPI's reset register, the keyboard controller, then a triple fault.
[[noreturn]] void restart();
