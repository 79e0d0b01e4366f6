// SPDX-License-Identifier: MIT
/// @file
/// @brief Scripts: what a person would do, one command a line, with a window or without.
/// @chapter testing
#pragma once

#include <istream>
#include <ostream>

#include "debugger-ui/app/console.h"
#include "debugger-ui/app/debugger.h"
#include "debugger-ui/views/window_view.h"
#include "debugger-ui/window/window.h"

namespace debugger {

class Script {
   public:
    /// What scripts work on; the console may be null.
    struct Stage {
        Debugger& debugger;
        WindowState& state;
        Window& window;
        Console* console;
    };
    Script(const Stage& stage, std::ostream& output)
        : debugger_(stage.debugger),
          state_(stage.state),
          window_(stage.window),
          console_(stage.console),
          output_(output) {}
    /// Carries out the commands. @throws machine::Error with the line that could not be
    void run(std::istream& commands);
    /// Paints until nothing moves any more.
    void show();

   private:
    using Words = std::vector<std::string>;
    void carry_out(const Words& words);
    bool look(const Words& words);
    bool arrange(const Words& words);
    bool control(const Words& words);
    bool seek(const Words& words);
    bool point(const Words& words);
    void print(const Words& words);
    void measure_latency(u64 rounds);
    /// @throws machine::Error where the text is no number
    static u64 number(const std::string& text);
    void choose_step(const std::string& which);
    void paint();

    Debugger& debugger_;
    WindowState& state_;
    Window& window_;
    Console* console_;
    std::ostream& output_;
};

}  // namespace debugger
