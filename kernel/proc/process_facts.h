// SPDX-License-Identifier: MIT
/// @file
/// @brief The text files of /proc/<pid>.
/// @chapter proc-files
///
/// Each prints what Linux's file of the same name has, as far as programs look; ESRCH: the process is gone.
/// @spec{proc(5)}
#pragma once

#include "lib/format.h"
#include "lib/result.h"

Result<void> print_stat(u32 pid, Sink& sink);
Result<void> print_status(u32 pid, Sink& sink);
Result<void> print_statm(u32 pid, Sink& sink);
Result<void> print_cmdline(u32 pid, Sink& sink);
Result<void> print_comm(u32 pid, Sink& sink);
Result<void> print_maps(u32 pid, Sink& sink);
Result<void> print_limits(u32 pid, Sink& sink);
/// Twain's own: how many pairs the process has, and what they and its memory take.
Result<void> print_pairs(u32 pid, Sink& sink);
