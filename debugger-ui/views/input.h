// SPDX-License-Identifier: MIT
/// @file
/// @brief What a frame is painted with: time, and keys as the views know them, which are neither SDL's nor one ImGui's.
/// @chapter observability
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace debugger {

enum class Key : unsigned char {
    Character,  ///< one that stands for a character
    Enter,
    Tab,
    Backspace,
    Escape,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    PageUp,
    PageDown,
    Insert,
    Delete,
    F1,
    F2,
    F3,
    F4,
    F5,
    F6,
    F7,
    F8,
    F9,
    F10,
    F11,
    F12,
};

/// One stroke of a key.
struct Keystroke {
    Key key = Key::Character;
    char character = 0;  ///< of Key::Character: printable ASCII
    bool control = false;
    bool shift = false;
    bool operator==(const Keystroke&) const = default;
};
using Keystrokes = std::vector<Keystroke>;

/// What a frame is painted with.
struct FrameInput {
    float seconds = 0;  ///< since the frame before
    Keystrokes keys{};  ///< in the order in which they were pressed
};

/// "x", "left", "f9", "ctrl+c", "shift+f11". Nothing where the text names no key.
std::optional<Keystroke> keystroke_from(std::string_view name);
/// The bytes that a terminal sends for a key; empty where it sends none. @spec{ECMA-48, and xterm's keys}
std::string terminal_bytes(const Keystroke& stroke);

}  // namespace debugger
