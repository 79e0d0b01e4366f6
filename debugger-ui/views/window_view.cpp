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
    const auto button = [&](const char* name, const char* key, bool usable, Request request) {
        ImGui::BeginDisabled(!usable);
        if (ImGui::Button(name)) requests.push_back(std::move(request));
        if (ImGui::IsItemHovered()) ImGui::SetTooltip("key %s", key);
        ImGui::EndDisabled();
        ImGui::SameLine(0, 4);
    };
    const bool stands = snapshot.state == MachineState::Stopped, runs = snapshot.state == MachineState::Running;
    button("Run", "r", stands, Run{});
    button("Stop", "s", runs, Interrupt{});
    button("Step", "i", stands, StepInstruction{});
    button("Next nested fault", "n", stands, RunToNestedFault{});
    button("Next exit", "e", stands, RunToExit{});
    button("Into guest", "g", stands, RunIntoGuest{});
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

/// How fast the guest may fault. It stands at the right end of the line of the state.
void draw_pace(const Snapshot& snapshot, WindowState& state, Requests& requests) {
    if (snapshot.state != MachineState::Running && snapshot.state != MachineState::Stopped) return;
    static constexpr int kPaces[] = {0, 5000, 1000, 200, 50, 10, 2, 1};
    const auto text = [](int pace) {
        return pace == 0 ? std::string("full speed") : std::to_string(pace) + " faults/s";
    };
    ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - columns(19));
    ImGui::SetNextItemWidth(columns(19));
    if (!ImGui::BeginCombo("##pace", text(state.pace).c_str())) return;
    for (const int pace : kPaces) {
        if (!ImGui::Selectable(text(pace).c_str(), pace == state.pace)) continue;
        state.pace = pace;
        requests.push_back(SetPace{static_cast<u32>(pace)});
    }
    ImGui::EndCombo();
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
    draw_pace(*picture.snapshot, state, requests);
}

/// The walk's step before or after the one looked at.
void step_walk(const Picture& picture, i64 by, Requests& requests) {
    if (picture.walk.steps.empty()) return;
    Selection there = picture.selection;
    there.step =
        std::clamp<i64>(static_cast<i64>(picture.step) + by, 0, static_cast<i64>(picture.walk.steps.size()) - 1);
    requests.push_back(Select{there});
}

/// What a key does wherever nothing is typed into.
void take_key(ImWchar key, const Picture& picture, WindowState& state, Requests& requests) {
    const MachineState machine = picture.snapshot->state;
    const auto ask = [&](MachineState when, Request request) {
        if (machine == when) requests.push_back(std::move(request));
    };
    switch (key) {
    case 'r': ask(MachineState::Stopped, Run{}); break;
    case 's': ask(MachineState::Running, Interrupt{}); break;
    case 'i': ask(MachineState::Stopped, StepInstruction{}); break;
    case 'n': ask(MachineState::Stopped, RunToNestedFault{}); break;
    case 'e': ask(MachineState::Stopped, RunToExit{}); break;
    case 'g': ask(MachineState::Stopped, RunIntoGuest{}); break;
    case '[': step_walk(picture, -1, requests); break;
    case ']': step_walk(picture, 1, requests); break;
    case ',': step_time(picture, state.timeline, -1, requests); break;
    case '.': step_time(picture, state.timeline, 1, requests); break;
    case ' ': state.timeline.playing = !state.timeline.playing; break;
    case 'd': state.dark = !state.dark; break;
    case '1':
    case '2':
    case '3':
    case '4': state.left = static_cast<LeftPage>(key - '1'); break;
    default: break;
    }
}

void take_keys(const Picture& picture, WindowState& state, Requests& requests) {
    const ImGuiIO& io = ImGui::GetIO();
    if (io.WantTextInput) return;
    for (const ImWchar key : io.InputQueueCharacters) take_key(key, picture, state, requests);
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

/// The newest line last, and in sight.
void draw_lines(const std::vector<std::string>& lines, const Look& look) {
    ImGui::BeginChild("lines");
    ImGui::PushTextWrapPos();
    for (const std::string& line : lines) text_in(look.text, "%s", line.c_str());
    ImGui::PopTextWrapPos();
    if (ImGui::GetScrollY() >= ImGui::GetScrollMaxY()) ImGui::SetScrollHereY(1);
    ImGui::EndChild();
}

/// A bar between two panes, to be dragged; `part` is what the second one has of `whole`.
void draw_splitter(const char* name, ImVec2 size, float& part, float whole, const Look& look) {
    const ImVec2 from = ImGui::GetCursorScreenPos();
    ImGui::InvisibleButton(name, size);
    const bool upright = size.y > size.x;
    if (ImGui::IsItemActive()) {
        const ImVec2 moved = ImGui::GetIO().MouseDelta;
        part = std::clamp(part - (upright ? moved.x : moved.y) / whole, 0.05F, 0.7F);
    }
    if (!ImGui::IsItemHovered() && !ImGui::IsItemActive()) return;
    ImGui::SetMouseCursor(upright ? ImGuiMouseCursor_ResizeEW : ImGuiMouseCursor_ResizeNS);
    ImGui::GetWindowDrawList()->AddRectFilled(from, {from.x + size.x, from.y + size.y}, look.line);
}

void draw_left(const Picture& picture, WindowState& state, const Look& look, Requests& requests) {
    draw_tabs(look, state.left, {"The pair", "Code", "Memory", "Console"});
    switch (state.left) {
    case LeftPage::Pair: draw_pair_view(picture, state.pair, look, requests); break;
    case LeftPage::Code: draw_code_view(picture, state.code, look, requests); break;
    case LeftPage::Console: draw_console_view(state.console, look, requests); break;
    case LeftPage::Memory: draw_memory_view(picture, state.memory, look, requests); break;
    }
}

void draw_right(const Picture& picture, WindowState& state, const Look& look, Requests& requests) {
    draw_tabs(look, state.right, {"The walk", "Registers", "vCPU", "Log", "Protocol"});
    switch (state.right) {
    case RightPage::Walk: draw_walk_view(picture, look, requests); break;
    case RightPage::Registers: draw_registers_view(picture, state.registers, look); break;
    case RightPage::Control: draw_control_view(picture, state.control, look, requests); break;
    case RightPage::Log: draw_lines(picture.snapshot->log_lines, look); break;
    case RightPage::Packets: draw_lines(picture.snapshot->packets, look); break;
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
    take_keys(picture, state, requests);
    draw_bar(picture, state, look, requests);
    const ImVec2 room = ImGui::GetContentRegionAvail();
    constexpr float kBar = 8;
    const float right = std::floor(std::max(columns(46), room.x * state.right_part)),
                below = std::floor(std::max(room.y * state.below_part, row() * 9));
    const float above = room.y - below - kBar;
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, 0});
    ImGui::BeginGroup();
    ImGui::PopStyleVar();
    ImGui::BeginChild("left", {room.x - right - kBar, above}, true, ImGuiWindowFlags_NoScrollbar);
    draw_left(picture, state, look, requests);
    ImGui::EndChild();
    ImGui::SameLine(0, 0);
    draw_splitter("between left and right", {kBar, above}, state.right_part, room.x, look);
    ImGui::SameLine(0, 0);
    ImGui::BeginChild("right", {right, above}, true);
    draw_right(picture, state, look, requests);
    ImGui::EndChild();
    ImGui::EndGroup();
    ImGui::SetCursorPosY(ImGui::GetWindowContentRegionMax().y - below - kBar);
    draw_splitter("above the time line", {room.x, kBar}, state.below_part, room.y, look);
    ImGui::SetCursorPosY(ImGui::GetWindowContentRegionMax().y - below);
    ImGui::BeginChild("below", {0, 0}, true, ImGuiWindowFlags_NoScrollbar);
    draw_timeline_view(picture, state.timeline, look, seconds, requests);
    ImGui::EndChild();
    ImGui::End();
}

}  // namespace debugger
