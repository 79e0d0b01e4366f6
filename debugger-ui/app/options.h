// SPDX-License-Identifier: MIT
/// @file
/// @brief The command line of the debugger.
/// @chapter observability
#pragma once

#include "debugger-ui/target/session.h"
#include "debugger-ui/views/layout.h"
#include "debugger-ui/window/window.h"

namespace debugger {

struct Options {
    TargetPlace target{{}, "build/twain.elf", {}};
    StartAt start = StartAt::Once;
    std::string recording;  ///< instead of a machine
    Display display = Display::Screen;
    WindowSize size{};
    std::string script;      ///< a file of commands; "-": standard input
    std::string screenshot;  ///< written at the end
    bool dark = false;
    std::string layout{};                            ///< its name; empty: as it was left
    float text_scale = 0;                            ///< 0: as it was left
    bool sized = false;                              ///< `size` was asked for
    std::filesystem::path console{};                 ///< a socket, or a file with the output; empty: none
    std::filesystem::path keys{};                    ///< where keys for the console go, if it is a file; empty: nowhere
    std::filesystem::path book = "build/book/html";  ///< where the book's pages are
    bool help = false;
};

/// @throws machine::Error that says what is wrong with an argument
Options parse_options(int count, char** arguments);
extern const char* const kHelp;

}  // namespace debugger
