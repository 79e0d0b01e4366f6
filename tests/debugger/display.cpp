// SPDX-License-Identifier: MIT
/// @file
/// @brief Driving Xvfb by the XTEST extension.
/// @chapter testing
#include "tests/debugger/display.h"

#include <X11/XKBlib.h>
#include <X11/Xlib.h>
#include <X11/extensions/XTest.h>
#include <X11/keysym.h>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <utility>

#include "debugger-ui/rsp/error.h"

namespace machine {
namespace {

/// What Xvfb says once it can be connected to: the number of its display, and the end of the line.
std::string display_number(int from) {
    std::string text;
    const Deadline deadline(Seconds(20));
    while (text.find('\n') == std::string::npos) {
        pollfd ready{from, POLLIN, 0};
        char byte = 0;
        if (::poll(&ready, 1, deadline.poll_milliseconds()) <= 0 || ::read(from, &byte, 1) != 1)
            throw Error("Xvfb does not start");
        text += byte;
    }
    return text.substr(0, text.find('\n'));
}

}  // namespace

void silence(const Terminal& terminal) {
    termios settings;
    ::tcgetattr(terminal.slave.get(), &settings);
    ::cfmakeraw(&settings);
    ::tcsetattr(terminal.slave.get(), TCSANOW, &settings);
}

struct Display::Connection {
    ::Display* display;
};

Display::Display(int width, int height) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw error_from_errno("no pipe");
    output_ = File(ends[0]);
    const File input(::open("/dev/null", O_RDWR | O_CLOEXEC)), writer(ends[1]);
    const std::string screen = std::to_string(width) + "x" + std::to_string(height) + "x24";
    server_ =
        std::make_unique<Child>(Child::start({"Xvfb", "-displayfd", "1", "-screen", "0", screen, "-nolisten", "tcp"},
                                             {input.get(), writer.get(), input.get()}));
    name_ = ":" + display_number(output_.get());
    ::Display* display = ::XOpenDisplay(name_.c_str());
    if (!display) throw Error("cannot connect to the display " + name_);
    connection_ = std::make_unique<Connection>(Connection{display});
}

Display::~Display() {
    if (connection_) ::XCloseDisplay(connection_->display);
}

bool Display::focus_window() {
    ::Display* display = connection_->display;
    ::Window root = 0, parent = 0, *children = nullptr;
    unsigned count = 0;
    if (!::XQueryTree(display, DefaultRootWindow(display), &root, &parent, &children, &count)) return false;
    bool found = false;
    for (unsigned at = count; at-- > 0 && !found;) {
        XWindowAttributes attributes;
        if (!::XGetWindowAttributes(display, children[at], &attributes) || attributes.map_state != IsViewable ||
            attributes.width < 100) {
            continue;
        }
        ::XSetInputFocus(display, children[at], RevertToPointerRoot, CurrentTime);
        found = true;
    }
    if (children) ::XFree(children);
    ::XSync(display, False);
    return found;
}

void Display::move(int x, int y) {
    ::XTestFakeMotionEvent(connection_->display, -1, x, y, CurrentTime);
    ::XSync(connection_->display, False);
}

void Display::press(unsigned button) {
    ::XTestFakeButtonEvent(connection_->display, button, True, CurrentTime);
    ::XSync(connection_->display, False);
}

void Display::release(unsigned button) {
    ::XTestFakeButtonEvent(connection_->display, button, False, CurrentTime);
    ::XSync(connection_->display, False);
}

void Display::click(int x, int y, unsigned button) {
    move(x, y);
    press(button);
    release(button);
}

void Display::key_event(unsigned long symbol, bool down) {
    const KeyCode code = ::XKeysymToKeycode(connection_->display, symbol);
    if (code == 0) throw Error("the keyboard has no such key");
    ::XTestFakeKeyEvent(connection_->display, code, down, CurrentTime);
}

void Display::type(const std::string& text) {
    ::Display* display = connection_->display;
    for (const char character : text) {
        // Latin-1's key symbols are its characters.
        const KeySym symbol = static_cast<unsigned char>(character);
        const KeyCode code = ::XKeysymToKeycode(display, symbol);
        const bool shifted = ::XkbKeycodeToKeysym(display, code, 0, 0) != symbol;
        if (shifted) key_event(XK_Shift_L, true);
        key_event(symbol, true);
        key_event(symbol, false);
        if (shifted) key_event(XK_Shift_L, false);
        ::XSync(display, False);
    }
}

void Display::key(const std::string& name, const std::string& held) {
    if (!held.empty()) key_event(::XStringToKeysym(held.c_str()), true);
    key_event(::XStringToKeysym(name.c_str()), true);
    key_event(::XStringToKeysym(name.c_str()), false);
    if (!held.empty()) key_event(::XStringToKeysym(held.c_str()), false);
    ::XSync(connection_->display, False);
}

}  // namespace machine
