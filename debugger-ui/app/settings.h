// SPDX-License-Identifier: MIT
/// @file
/// @brief What is kept between runs: how the window is laid out.
/// @chapter observability
#pragma once

#include <filesystem>
#include <string>

#include "debugger-ui/views/window_view.h"
#include "debugger-ui/window/window.h"

namespace debugger {

/// $XDG_CONFIG_HOME/twain/debugger, or where that is by default; empty where there is no home.
std::filesystem::path settings_file();
/// Takes over what the file says; lines that make no sense are skipped, and a file that is not there says nothing.
void load_settings(const std::filesystem::path& file, WindowState& state, WindowSize& size);
/// Writes the file, or leaves it where that is impossible: a layout is not worth a message.
void save_settings(const std::filesystem::path& file, const WindowState& state, WindowSize size);

}  // namespace debugger
