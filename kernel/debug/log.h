// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading the kernel's log.
/// @chapter observability
#pragma once

#include "lib/log.h"

/// Prints every kept line to `sink`, oldest first.
void print_log(Sink& sink);
/// From now on every line goes to the serial port as well.
void set_log_verbose();
/// Registers /proc/kmsg's text and what the kernel core shows in /proc.
void add_log_files();
