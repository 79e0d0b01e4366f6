// SPDX-License-Identifier: MIT
/// @file
/// @brief The files of /proc about the system as a whole.
/// @chapter proc-files
#pragma once

#include <string_view>

/// Adds them: cmdline (which shows `command_line`, kept by the caller for ever), cpuinfo, filesystems, loadavg, meminfo, mounts,
/// stat, uptime, version. Called once while booting.
void add_system_files(std::string_view command_line);
