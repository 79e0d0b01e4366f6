// SPDX-License-Identifier: MIT
/// @file
/// @brief Laying out the window.
/// @chapter observability
#include "debugger-ui/views/window_view.h"

#include <algorithm>
#include <cmath>

#include "debugger-ui/views/landmarks.h"
#include "debugger-ui/views/machine_view.h"
#include "debugger-ui/views/walk_view.h"
#include "debugger-ui/views/window_keys.h"

namespace debugger {
namespace {

/// Between two panes.
float splitter() { return std::floor(row() / 2); }

/// What a frame is painted from and into.
struct Frame {
    const Picture& picture;
    WindowState& state;
    const Look& look;
    float seconds;
    Keystrokes keys;
    Requests& requests;
    ImVec2 spacing;
};

/// The newest line last, and in sight.
void draw_lines(const std::vector<std::string>& lines, const Look& look) {
    ImGui::BeginChild("lines");
    ImGui::PushTextWrapPos();
    for (const std::string& line : lines) text_in(look.text, "%s", line.c_str());
    ImGui::PopTextWrapPos();
    if (ImGui::GetScrollY() >= ImGui::GetScrollMaxY()) ImGui::SetScrollHereY(1);
    ImGui::EndChild();
}

void draw_view(View view, Frame& frame) {
    const auto& [picture, state, look, seconds, keys, requests, spacing] = frame;
    switch (view) {
    case View::Pair: return draw_pair_view(picture, state.pair, look, keys, requests);
    case View::Code: return draw_code_view(picture, state.code, look, requests);
    case View::Memory: return draw_memory_view(picture, state.memory, look, requests);
    case View::Console: return draw_console_view(state.console, look);
    case View::Walk: return draw_walk_view(picture, look, requests);
    case View::Registers: return draw_registers_view(picture, state.registers, look);
    case View::Vcpu: return draw_control_view(picture, state.control, look, requests);
    case View::Stack: return draw_stack_view(picture, look, requests);
    case View::Stops: return draw_stops_view(picture, state.stops, look, requests);
    case View::Machine: return draw_machine_view(picture, look, requests);
    case View::Exits: return draw_exits_view(picture, look, requests);
    case View::Heat: return draw_heat_view(picture, look, requests);
    case View::Timeline: return draw_timeline_view(picture, state.timeline, look, seconds, requests);
    case View::Log: return draw_lines(picture.snapshot->log_lines, look);
    case View::Protocol: return draw_lines(picture.snapshot->packets, look);
    }
}

/// Where a view may go, by the right button on its tab. Null: it stays.
std::optional<PanePlace> draw_tab_menu(View view) {
    std::optional<PanePlace> to;
    if (!ImGui::BeginPopupContextItem(name_of(view))) return to;
    static constexpr const char* kTo[] = {"to the left", "to the right", "to the lower right", "below"};
    for (usize place = 0; place < kPanes; ++place) {
        if (ImGui::MenuItem(kTo[place])) to = static_cast<PanePlace>(place);
        mark("move %s", name_of(static_cast<PanePlace>(place)));
    }
    ImGui::EndPopup();
    return to;
}

/// A row of titles; the one in front is underlined. What does not fit into a line goes to the next.
void draw_tabs(Layout& layout, Pane& pane, const Look& look) {
    const float gap = std::floor(columns(1.6F));
    std::optional<View> moved;
    std::optional<PanePlace> to;
    const float right = ImGui::GetCursorScreenPos().x + ImGui::GetContentRegionAvail().x;
    for (usize at = 0; at < pane.views.size(); ++at) {
        const View view = pane.views[at];
        const bool here = at == pane.front;
        const ImVec2 size = ImGui::CalcTextSize(title_of(view));
        if (at > 0 && ImGui::GetItemRectMax().x + gap + size.x < right) ImGui::SameLine(0, gap);
        const ImVec2 from = ImGui::GetCursorScreenPos();
        if (ImGui::InvisibleButton(title_of(view), {size.x, size.y + scaled(6)})) pane.front = at;
        mark("tab %s", name_of(view));
        ImDrawList& list = *ImGui::GetWindowDrawList();
        list.AddText(from, here || ImGui::IsItemHovered() ? look.accent : look.quiet, title_of(view));
        if (here)
            list.AddRectFilled({from.x, from.y + size.y + 2}, {from.x + size.x, from.y + size.y + 2 + scaled(2)},
                               look.accent);
        if (const auto place = draw_tab_menu(view)) {
            moved = view;
            to = place;
        }
    }
    if (moved) layout.move(*moved, *to);
}

void draw_pane(PanePlace place, ImVec2 size, Frame& frame) {
    Layout& layout = frame.state.layout;
    Pane& pane = layout.at(place);
    ImGui::BeginChild(name_of(place), size, true, ImGuiWindowFlags_NoScrollbar);
    // Panes lie without a gap; what is in them does not.
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, frame.spacing);
    // The pane's ground is its views' as well: painting it once more is what costs most in a frame.
    ImGui::PushStyleColor(ImGuiCol_ChildBg, IM_COL32_BLACK_TRANS);
    draw_tabs(layout, pane, frame.look);
    if (pane.front < pane.views.size()) {
        const View view = pane.views[pane.front];
        // Each view scrolls by itself, under its tab.
        ImGui::BeginChild(name_of(view));
        draw_view(view, frame);
        ImGui::EndChild();
    }
    ImGui::PopStyleColor();
    ImGui::PopStyleVar();
    ImGui::EndChild();
}

/// A bar between two panes, to be dragged; `part` is what the second one has of `whole`.
void draw_splitter(const char* name, ImVec2 size, float& part, float whole, const Look& look) {
    const ImVec2 from = ImGui::GetCursorScreenPos();
    ImGui::InvisibleButton(name, size);
    mark("%s", name);
    const bool upright = size.y > size.x;
    if (ImGui::IsItemActive()) {
        const ImVec2 moved = ImGui::GetIO().MouseDelta;
        part = std::clamp(part - (upright ? moved.x : moved.y) / whole, 0.05F, 0.7F);
    }
    if (!ImGui::IsItemHovered() && !ImGui::IsItemActive()) return;
    ImGui::SetMouseCursor(upright ? ImGuiMouseCursor_ResizeEW : ImGuiMouseCursor_ResizeNS);
    ImGui::GetWindowDrawList()->AddRectFilled(from, {from.x + size.x, from.y + size.y}, look.line);
}

/// Both panes at the right, one over the other.
void draw_right(ImVec2 size, Frame& frame) {
    Layout& layout = frame.state.layout;
    const bool two = !layout.at(PanePlace::LowerRight).views.empty() && !layout.at(PanePlace::Right).views.empty();
    const float lower = two ? std::floor(size.y * layout.lower_part) : 0;
    ImGui::BeginGroup();
    const PanePlace upper = layout.at(PanePlace::Right).views.empty() ? PanePlace::LowerRight : PanePlace::Right;
    draw_pane(upper, {size.x, two ? size.y - lower - splitter() : size.y}, frame);
    if (two) {
        draw_splitter("between upper and lower", {size.x, splitter()}, layout.lower_part, size.y, frame.look);
        draw_pane(PanePlace::LowerRight, {size.x, lower}, frame);
    }
    ImGui::EndGroup();
}

void draw_panes(Frame& frame) {
    Layout& layout = frame.state.layout;
    const ImVec2 room = ImGui::GetContentRegionAvail(), from = ImGui::GetCursorPos();
    const auto has = [&](PanePlace place) { return !layout.at(place).views.empty(); };
    const bool left = has(PanePlace::Left), right = has(PanePlace::Right) || has(PanePlace::LowerRight);
    const bool below = has(PanePlace::Below), above = left || right;
    const float low = !below ? 0 : !above ? room.y : std::floor(std::max(room.y * layout.below_part, row() * 9));
    const float high = room.y - low - (above && below ? splitter() : 0);
    const float side = !right ? 0 : !left ? room.x : std::floor(std::max(columns(46), room.x * layout.right_part));
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, 0});
    if (left) {
        draw_pane(PanePlace::Left, {room.x - side - (right ? splitter() : 0), high}, frame);
        if (right) ImGui::SameLine(0, 0);
    }
    if (left && right) {
        draw_splitter("between left and right", {splitter(), high}, layout.right_part, room.x, frame.look);
        ImGui::SameLine(0, 0);
    }
    if (right) draw_right({side, high}, frame);
    if (above && below) {
        ImGui::SetCursorPos({from.x, from.y + high});
        draw_splitter("above what is below", {room.x, splitter()}, layout.below_part, room.y, frame.look);
    }
    ImGui::SetCursorPos({from.x, from.y + room.y - low});
    if (below) draw_pane(PanePlace::Below, {room.x, low}, frame);
    ImGui::PopStyleVar();
}

}  // namespace

void draw_window(const Picture& picture, WindowState& state, const FrameInput& input, Requests& requests) {
    const Look& look = state.dark ? Look::dark_theme() : Look::light();
    look.apply();
    if (Landmarks::listener) Landmarks::listener->clear();
    ImGui::SetNextWindowPos({0, 0});
    ImGui::SetNextWindowSize(ImGui::GetIO().DisplaySize);
    ImGui::Begin("Twain", nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                     ImGuiWindowFlags_NoBringToFrontOnFocus);
    const Keystrokes keys = take_window_keys(picture, state, input.keys, requests);
    draw_bar(picture, state.bar, {state.layout, state.dark}, look, requests);
    Frame frame{picture, state, look, input.seconds, keys, requests, ImGui::GetStyle().ItemSpacing};
    draw_panes(frame);
    ImGui::End();
    draw_help(state.bar, look);
}

}  // namespace debugger
