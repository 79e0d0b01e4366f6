// SPDX-License-Identifier: MIT
/// @file
/// @brief The names of keys, and what a terminal sends for them.
/// @chapter observability
#include "debugger-ui/views/input.h"

#include <algorithm>
#include <array>

namespace debugger {
namespace {

struct KeyFacts {
    Key key;
    std::string_view name;
    std::string_view bytes;
};
constexpr KeyFacts kKeys[] = {
    {Key::Enter, "enter", "\r"},
    {Key::Tab, "tab", "\t"},
    {Key::Backspace, "backspace", "\x7f"},
    {Key::Escape, "escape", "\x1b"},
    {Key::Left, "left", "\x1b[D"},
    {Key::Right, "right", "\x1b[C"},
    {Key::Up, "up", "\x1b[A"},
    {Key::Down, "down", "\x1b[B"},
    {Key::Home, "home", "\x1b[H"},
    {Key::End, "end", "\x1b[F"},
    {Key::PageUp, "pageup", "\x1b[5~"},
    {Key::PageDown, "pagedown", "\x1b[6~"},
    {Key::Insert, "insert", "\x1b[2~"},
    {Key::Delete, "delete", "\x1b[3~"},
    {Key::F1, "f1", "\x1bOP"},
    {Key::F2, "f2", "\x1bOQ"},
    {Key::F3, "f3", "\x1bOR"},
    {Key::F4, "f4", "\x1bOS"},
    {Key::F5, "f5", "\x1b[15~"},
    {Key::F6, "f6", "\x1b[17~"},
    {Key::F7, "f7", "\x1b[18~"},
    {Key::F8, "f8", "\x1b[19~"},
    {Key::F9, "f9", "\x1b[20~"},
    {Key::F10, "f10", "\x1b[21~"},
    {Key::F11, "f11", "\x1b[23~"},
    {Key::F12, "f12", {}},  // the window's own: it leads out of the console
};

bool take_prefix(std::string_view& name, std::string_view prefix) {
    if (!name.starts_with(prefix)) return false;
    name.remove_prefix(prefix.size());
    return true;
}

}  // namespace

std::optional<Keystroke> keystroke_from(std::string_view name) {
    Keystroke stroke;
    for (bool more = true; more;) {
        const bool control = take_prefix(name, "ctrl+"), shift = take_prefix(name, "shift+");
        stroke.control |= control;
        stroke.shift |= shift;
        more = control || shift;
    }
    if (name == "space") name = " ";
    if (name.size() == 1 && name[0] >= ' ' && name[0] <= '~') {
        stroke.character = name[0];
        return stroke;
    }
    const auto found =
        std::find_if(std::begin(kKeys), std::end(kKeys), [&](const auto& one) { return one.name == name; });
    if (found == std::end(kKeys)) return std::nullopt;
    stroke.key = found->key;
    return stroke;
}

std::string terminal_bytes(const Keystroke& stroke) {
    if (stroke.key == Key::Character) {
        // Control with a letter, or with one of @[\]^_, is the letter's last five bits.
        if (stroke.control) return stroke.character >= '@' ? std::string(1, stroke.character & 0x1f) : std::string();
        return std::string(1, stroke.character);
    }
    const auto found =
        std::find_if(std::begin(kKeys), std::end(kKeys), [&](const auto& one) { return one.key == stroke.key; });
    return std::string(found->bytes);
}

}  // namespace debugger
