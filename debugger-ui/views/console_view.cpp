// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting the console.
/// @chapter observability
#include "debugger-ui/views/console_view.h"

#include "debugger-ui/views/landmarks.h"

namespace debugger {
namespace {

void draw_text(const ConsoleViewState& state, const Look& look) {
    const std::deque<std::string>& lines = state.text->lines();
    const bool at_end = ImGui::GetScrollY() >= ImGui::GetScrollMaxY() - row();
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, 0});
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(lines.size()), row());
    while (clipper.Step()) {
        for (int at = clipper.DisplayStart; at < clipper.DisplayEnd; ++at) {
            const std::string& line = lines[static_cast<usize>(at)];
            const ImVec2 from = ImGui::GetCursorScreenPos();
            if (static_cast<usize>(at) + 1 == lines.size() && state.can_type) {
                // Where the next character goes: a block while the keys come here, and else its outline.
                const ImVec2 low{from.x + columns(static_cast<float>(state.text->column())), from.y};
                const ImVec2 high{low.x + columns(1), low.y + row()};
                ImDrawList& list = *ImGui::GetWindowDrawList();
                if (state.has_keyboard) {
                    list.AddRectFilled(low, high, faded(look.accent, 0.6F));
                } else {
                    draw_frame(list, low, high, look.quiet);
                }
            }
            ImGui::PushStyleColor(ImGuiCol_Text, look.text);
            ImGui::TextUnformatted(line.c_str(), line.c_str() + line.size());
            ImGui::PopStyleColor();
        }
    }
    ImGui::PopStyleVar();
    // The newest line stays in sight, unless somebody looks back.
    if (at_end) ImGui::SetScrollHereY(1);
}

}  // namespace

void draw_console_view(ConsoleViewState& state, const Look& look) {
    if (!state.text) {
        text_in(look.quiet, "no console here: --console names its socket, or a file with its output");
        return;
    }
    const float below = row() + 6;
    const ImVec2 from = ImGui::GetCursorScreenPos();
    const ImVec2 size{ImGui::GetContentRegionAvail().x, ImGui::GetContentRegionAvail().y - below};
    ImGui::BeginChild("console", size);
    draw_text(state, look);
    const bool hovered = ImGui::IsWindowHovered();
    ImGui::EndChild();
    mark_place(from, {from.x + size.x, from.y + size.y}, "console");
    if (ImGui::IsMouseClicked(0)) state.has_keyboard = hovered && state.can_type;
    if (!state.can_type) {
        text_in(look.quiet, "output only: type in the terminal that started the machine");
    } else if (state.has_keyboard) {
        draw_frame(*ImGui::GetWindowDrawList(), {from.x - 3, from.y - 2}, {from.x + size.x + 3, from.y + size.y + 2},
                   look.accent, 2);
        text_in(look.accent, "your keys go to the machine; F12, or a click elsewhere, takes them back");
    } else {
        text_in(look.quiet, "click, or press F12, to type into the machine");
    }
}

std::string typed_into_console(ConsoleViewState& state, const Keystroke& stroke) {
    if (stroke.key != Key::F12) return terminal_bytes(stroke);
    state.has_keyboard = false;
    return {};
}

}  // namespace debugger
