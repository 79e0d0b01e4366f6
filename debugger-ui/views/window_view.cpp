// SPDX-License-Identifier: MIT
/// @file
/// @brief Laying out the window, and the bar above.
/// @chapter observability
#include "debugger-ui/views/window_view.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdlib>

namespace debugger {
namespace {

const char* state_name(MachineState state) {
    switch (state) {
    case MachineState::None: return "connecting";
    case MachineState::Running: return "running";
    case MachineState::Stopped: return "stopped";
    case MachineState::Recording: return "recording";
    case MachineState::Lost: return "disconnected";
    }
    return "";
}

/// A disc for running, a square for standing, a ring for what has no machine; then why.
void draw_state(const Snapshot& snapshot, const Look& look) {
    const ImVec2 from = ImGui::GetCursorScreenPos();
    const float size = row() * 0.7F, y = from.y + ImGui::GetStyle().FramePadding.y + row() * 0.15F;
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const ImVec2 middle{from.x + size / 2, y + size / 2};
    switch (snapshot.state) {
    case MachineState::Running: list.AddCircleFilled(middle, size / 2, look.page_2m); break;
    case MachineState::Stopped: list.AddRectFilled({from.x, y}, {from.x + size, y + size}, look.ring3); break;
    case MachineState::Lost: list.AddRectFilled({from.x, y}, {from.x + size, y + size}, look.wrong); break;
    case MachineState::None:
    case MachineState::Recording: list.AddCircle(middle, size / 2, look.quiet, 0, 2); break;
    }
    ImGui::Dummy({size, row()});
    ImGui::SameLine(0, 6);
    ImGui::AlignTextToFramePadding();
    text_in(look.text, "%s", state_name(snapshot.state));
    ImGui::SameLine();
    text_in(snapshot.state == MachineState::Lost ? look.wrong : look.quiet, "%s", snapshot.message.c_str());
}

void draw_machine_buttons(const Snapshot& snapshot, Requests& requests) {
    const auto button = [&](const char* name, bool usable, Request request) {
        ImGui::BeginDisabled(!usable);
        if (ImGui::Button(name)) requests.push_back(std::move(request));
        ImGui::EndDisabled();
        ImGui::SameLine(0, 4);
    };
    const bool stands = snapshot.state == MachineState::Stopped, runs = snapshot.state == MachineState::Running;
    button("Run", stands, Run{});
    button("Stop", runs, Interrupt{});
    button("Step", stands, StepInstruction{});
    button("Next nested fault", stands, RunToNestedFault{});
}

void draw_kind(Selection& wanted) {
    static constexpr const char* kKinds[] = {"ring-3 address", "guest-physical", "guest-virtual"};
    int kind = static_cast<int>(wanted.kind);
    ImGui::SetNextItemWidth(columns(19));
    if (ImGui::Combo("##kind", &kind, kKinds, 3)) wanted.kind = static_cast<AddressKind>(kind);
    ImGui::SameLine(0, 4);
    static constexpr const char* kAccesses[] = {"read", "write", "execute"};
    int access = static_cast<int>(wanted.access);
    ImGui::SetNextItemWidth(columns(12));
    if (ImGui::Combo("##access", &access, kAccesses, 3)) wanted.access = static_cast<Access>(access);
    ImGui::SameLine(0, 4);
}

void draw_process(const Picture& picture, Selection& wanted) {
    char text[48];
    std::snprintf(text, sizeof(text), "%u %s", picture.process.pid, picture.process.name.c_str());
    ImGui::SetNextItemWidth(columns(18));
    if (!ImGui::BeginCombo("##process", text)) return;
    for (const Process& process : picture.snapshot->processes) {
        std::snprintf(text, sizeof(text), "%u %s##%" PRIx64, process.pid, process.name.c_str(), process.root.raw);
        if (ImGui::Selectable(text, process.root == picture.process.root)) wanted.root = process.root.raw;
    }
    ImGui::EndCombo();
}

/// What is looked at: the kind of address, the address, the process.
void draw_address(const Picture& picture, WindowState& state, Requests& requests) {
    Selection wanted = picture.selection;
    draw_kind(wanted);
    if (state.address_typed_for != wanted.address) {
        std::snprintf(state.address, sizeof(state.address), "0x%" PRIx64, wanted.address);
        state.address_typed_for = wanted.address;
    }
    ImGui::SetNextItemWidth(columns(22));
    if (ImGui::InputText("##address", state.address, sizeof(state.address), ImGuiInputTextFlags_EnterReturnsTrue)) {
        wanted.address = std::strtoull(state.address, nullptr, 16);
    }
    ImGui::SameLine(0, 4);
    draw_process(picture, wanted);
    if (!need_the_same_pages(wanted, picture.selection)) wanted.step = -1;
    if (!(wanted == picture.selection)) requests.push_back(Select{wanted});
}

void draw_bar(const Picture& picture, WindowState& state, const Look& look, Requests& requests) {
    draw_machine_buttons(*picture.snapshot, requests);
    ImGui::SameLine(0, 12);
    draw_address(picture, state, requests);
    ImGui::SameLine(0, 12);
    if (ImGui::Button("Save")) requests.push_back(Save{"twain.recording"});
    ImGui::SameLine(0, 4);
    if (ImGui::Button(state.dark ? "Light" : "Dark")) state.dark = !state.dark;
    draw_state(*picture.snapshot, look);
}

/// A row of page names; the chosen one is underlined.
template <class PageName>
void draw_tabs(const Look& look, PageName& chosen, std::initializer_list<const char*> names) {
    int at = 0;
    for (const char* name : names) {
        const bool here = at == static_cast<int>(chosen);
        const ImVec2 from = ImGui::GetCursorScreenPos(), size = ImGui::CalcTextSize(name);
        if (ImGui::InvisibleButton(name, {size.x + 4, size.y + 6})) chosen = static_cast<PageName>(at);
        ImDrawList& list = *ImGui::GetWindowDrawList();
        list.AddText(from, here ? look.accent : look.quiet, name);
        if (here)
            list.AddRectFilled({from.x, from.y + size.y + 2}, {from.x + size.x, from.y + size.y + 4}, look.accent);
        ImGui::SameLine(0, 16);
        ++at;
    }
    ImGui::NewLine();
}

void draw_log(const Snapshot& snapshot, const Look& look) {
    ImGui::PushTextWrapPos();
    for (const std::string& line : snapshot.log_lines) text_in(look.text, "%s", line.c_str());
    ImGui::PopTextWrapPos();
}

void draw_left(const Picture& picture, WindowState& state, const Look& look, Requests& requests) {
    draw_tabs(look, state.left, {"The pair", "Code"});
    switch (state.left) {
    case LeftPage::Pair: draw_pair_view(picture, state.pair, look, requests); break;
    case LeftPage::Code: draw_code_view(picture, state.code, look, requests); break;
    }
}

void draw_right(const Picture& picture, WindowState& state, const Look& look, Requests& requests) {
    draw_tabs(look, state.right, {"The walk", "Registers", "Log"});
    switch (state.right) {
    case RightPage::Walk: draw_walk_view(picture, look, requests); break;
    case RightPage::Registers: draw_registers_view(picture, state.registers, look); break;
    case RightPage::Log: draw_log(*picture.snapshot, look); break;
    }
}

}  // namespace

void draw_window(const Picture& picture, WindowState& state, float seconds, Requests& requests) {
    const Look& look = state.dark ? Look::dark_theme() : Look::light();
    look.apply();
    const ImVec2 size = ImGui::GetIO().DisplaySize;
    ImGui::SetNextWindowPos({0, 0});
    ImGui::SetNextWindowSize(size);
    ImGui::Begin("Twain", nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                     ImGuiWindowFlags_NoBringToFrontOnFocus);
    draw_bar(picture, state, look, requests);
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const float right = std::floor(std::max(columns(46), room.x * 0.25F)),
                below = std::floor(std::max(room.y * 0.23F, row() * 9));
    ImGui::BeginChild("left", {room.x - right - 8, room.y - below - 6}, true, ImGuiWindowFlags_NoScrollbar);
    draw_left(picture, state, look, requests);
    ImGui::EndChild();
    ImGui::SameLine(0, 8);
    ImGui::BeginChild("right", {right, room.y - below - 6}, true);
    draw_right(picture, state, look, requests);
    ImGui::EndChild();
    ImGui::BeginChild("below", {0, 0}, true, ImGuiWindowFlags_NoScrollbar);
    draw_timeline_view(picture, state.timeline, look, seconds, requests);
    ImGui::EndChild();
    ImGui::End();
}

}  // namespace debugger
