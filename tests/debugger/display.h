// SPDX-License-Identifier: MIT
/// @file
/// @brief An X display that nobody sees, with a mouse and a keyboard of its own: events come from the server, as a person's do.
/// @chapter testing
#pragma once

#include <memory>
#include <string>

#include "tests/machine/child.h"

namespace machine {

/// Makes a terminal pass on what is typed and said as it is, without an echo.
void silence(const Terminal& terminal);

class Display {
   public:
    /// Starts Xvfb with one screen. @throws Error where that is impossible
    Display(int width, int height);
    ~Display();
    Display(const Display&) = delete;
    Display& operator=(const Display&) = delete;

    /// ":7", for the environment variable DISPLAY.
    const std::string& name() const { return name_; }
    /// Gives the keyboard to the window that lies on top, as a window manager would. False: there is none yet.
    bool focus_window();

    void move(int x, int y);
    void press(unsigned button = 1);
    void release(unsigned button = 1);
    void click(int x, int y, unsigned button = 1);
    /// Types printable characters.
    void type(const std::string& text);
    /// Presses one key by X's name for it: "Return", "F12", "Control_L" with another.
    void key(const std::string& name, const std::string& held = {});

   private:
    struct Connection;
    void key_event(unsigned long symbol, bool down);

    File output_;
    std::unique_ptr<Child> server_;
    std::string name_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace machine
