// SPDX-License-Identifier: MIT
/// @file
/// @brief What /proc shows of processes.
/// @chapter proc-files
#pragma once

/// Gives /proc its view of processes and adds /proc/twain/check. Called once, before process 1.
void add_process_files();
