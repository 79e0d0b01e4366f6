// SPDX-License-Identifier: MIT
/// @file
/// @brief The first serial port, a 16550: the console of panics and the line under the terminal.
/// @chapter terminal
#pragma once

#include <string_view>

namespace uart {

/// Sets the port up for polled output. Callable from the first line of C++ on.
void init_early();
/// Writes at once, waiting for the hardware; for panics and the log.
void write_now(std::string_view text);
/// Waits until everything that was given to the port has left it.
void drain();
/// Makes the console's terminal on this port and its interrupt. After the I/O APIC and the scheduler.
void init_terminal();

}  // namespace uart
