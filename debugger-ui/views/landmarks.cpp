// SPDX-License-Identifier: MIT
/// @file
/// @brief Noting where things are painted.
/// @chapter testing
#include "debugger-ui/views/landmarks.h"

#include <cstdarg>
#include <cstdio>

namespace debugger {
namespace {

void note(ImVec2 from, ImVec2 to, const char* format, va_list arguments) {
    // Half of it must be inside of what ImGui lets show: a click goes to the middle.
    const ImVec2 middle{(from.x + to.x) / 2, (from.y + to.y) / 2};
    if (!ImGui::IsRectVisible(middle, {middle.x + 1, middle.y + 1})) return;
    char name[160];
    std::vsnprintf(name, sizeof(name), format, arguments);
    Landmarks::listener->note(name, from, to);
}

}  // namespace

const Landmarks::Place* Landmarks::find(const std::string& name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? nullptr : &found->second;
}

void mark(const char* format, ...) {
    if (!Landmarks::listener) return;
    va_list arguments;
    va_start(arguments, format);
    note(ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), format, arguments);
    va_end(arguments);
}

void mark_place(ImVec2 from, ImVec2 to, const char* format, ...) {
    if (!Landmarks::listener) return;
    va_list arguments;
    va_start(arguments, format);
    note(from, to, format, arguments);
    va_end(arguments);
}

}  // namespace debugger
