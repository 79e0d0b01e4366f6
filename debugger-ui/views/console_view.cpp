// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting the console.
/// @chapter observability
#include "debugger-ui/views/console_view.h"

namespace debugger {

void draw_console_view(ConsoleViewState& state, const Look& look, Requests& requests) {
    if (!state.text) {
        text_in(look.quiet, "the console is not shown here: --console names its socket, or a file with its output");
        return;
    }
    const float below = state.can_type ? ImGui::GetFrameHeightWithSpacing() : row() + 4;
    ImGui::BeginChild("console", {0, ImGui::GetContentRegionAvail().y - below});
    const std::deque<std::string>& lines = state.text->lines();
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(lines.size()));
    while (clipper.Step()) {
        for (int at = clipper.DisplayStart; at < clipper.DisplayEnd; ++at)
            text_in(look.text, "%s", lines[static_cast<usize>(at)].c_str());
    }
    // The newest line stays in sight, unless somebody looks back.
    if (ImGui::GetScrollY() >= ImGui::GetScrollMaxY() - row()) ImGui::SetScrollHereY(1);
    ImGui::EndChild();
    if (!state.can_type) {
        text_in(look.quiet, "output only: type in the terminal that started the machine");
        return;
    }
    ImGui::SetNextItemWidth(-1);
    if (ImGui::InputTextWithHint("##keys", "type a line; Enter sends it", state.line, sizeof(state.line),
                                 ImGuiInputTextFlags_EnterReturnsTrue)) {
        requests.push_back(TypeKeys{std::string(state.line) + "\r"});
        state.line[0] = 0;
        ImGui::SetKeyboardFocusHere(-1);
    }
}

}  // namespace debugger
