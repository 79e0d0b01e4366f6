// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting the bar above.
/// @chapter observability
#include "debugger-ui/views/bar_view.h"

#include <cinttypes>
#include <cstdlib>

#include "debugger-ui/views/landmarks.h"

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

/// How far to the right the bar goes.
float right_edge() { return ImGui::GetWindowWidth() - ImGui::GetStyle().WindowPadding.x; }

/// A disc for running, a square for standing, a ring for what has no machine.
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
}

/// Why it stands. What does not fit is told to the mouse.
void draw_message(const Snapshot& snapshot, const std::string& notice, float width, const Look& look) {
    const ImVec2 from = ImGui::GetCursorScreenPos();
    const std::string& message = notice.empty() ? snapshot.message : notice;
    const float y = from.y + ImGui::GetStyle().FramePadding.y;
    ImDrawList& list = *ImGui::GetWindowDrawList();
    list.PushClipRect(from, {from.x + width, from.y + ImGui::GetFrameHeight()}, true);
    list.AddText({from.x, y}, snapshot.state == MachineState::Lost ? look.wrong : look.quiet, message.c_str());
    list.PopClipRect();
    ImGui::Dummy({width, row()});
    if (!message.empty() && ImGui::IsItemHovered()) ImGui::SetTooltip("%s", message.c_str());
}

struct MachineButton {
    const char* name;
    const char* key;
    const char* what;
    MachineState usable;
    Request request;
};

void draw_machine_buttons(const Snapshot& snapshot, Requests& requests) {
    using Depth = StepLine::Depth;
    static const MachineButton kButtons[] = {
        {"Run", "r, F5", "let the machine run", MachineState::Stopped, Run{}},
        {"Stop", "s, F6", "stop it where it is", MachineState::Running, Interrupt{}},
        {"Into", "F11", "to the next line of source, into what it calls", MachineState::Stopped, StepLine{Depth::Into}},
        {"Over", "F10", "to the next line, over what it calls", MachineState::Stopped, StepLine{Depth::Over}},
        {"Out", "shift+F11", "back to the caller", MachineState::Stopped, StepLine{Depth::Out}},
        {"Instruction", "i", "execute one instruction", MachineState::Stopped, StepInstruction{}},
        {"Next fault", "n", "to the next nested page fault", MachineState::Stopped, RunToNestedFault{}},
        {"Next exit", "e", "to the next VM exit", MachineState::Stopped, RunToExit{}},
        {"Into guest", "g", "through the next VM entry: to the guest's first instruction", MachineState::Stopped,
         RunIntoGuest{}},
    };
    for (const MachineButton& button : kButtons) {
        ImGui::BeginDisabled(snapshot.state != button.usable);
        if (ImGui::Button(button.name)) requests.push_back(button.request);
        ImGui::EndDisabled();
        mark("%s", button.name);
        if (ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled))
            ImGui::SetTooltip("%s (%s)", button.what, button.key);
        ImGui::SameLine(0, 4);
    }
    const bool lost = snapshot.state == MachineState::Lost;
    ImGui::BeginDisabled(snapshot.state == MachineState::None || snapshot.state == MachineState::Recording);
    if (ImGui::Button(lost ? "Attach" : "Detach")) requests.push_back(lost ? Request(Attach{}) : Request(Detach{}));
    mark("attach");
    ImGui::EndDisabled();
    ImGui::SameLine(0, 4);
}

void draw_kind(Selection& wanted) {
    static constexpr const char* kKinds[] = {"ring-3 address", "guest-physical", "guest-virtual"};
    int kind = static_cast<int>(wanted.kind);
    ImGui::SetNextItemWidth(columns(19));
    if (ImGui::Combo("##kind", &kind, kKinds, 3)) wanted.kind = static_cast<AddressKind>(kind);
    mark("kind");
    ImGui::SameLine(0, 4);
    static constexpr const char* kAccesses[] = {"read", "write", "execute"};
    int access = static_cast<int>(wanted.access);
    ImGui::SetNextItemWidth(columns(12));
    if (ImGui::Combo("##access", &access, kAccesses, 3)) wanted.access = static_cast<Access>(access);
    mark("access");
    ImGui::SameLine(0, 4);
}

void draw_process(const Picture& picture, Selection& wanted) {
    char text[48];
    std::snprintf(text, sizeof(text), "%u %s", picture.process.pid, picture.process.name.c_str());
    ImGui::SetNextItemWidth(columns(16));
    const bool open = ImGui::BeginCombo("##process", text);
    mark("process");
    if (!open) return;
    for (const Process& process : picture.snapshot->processes) {
        std::snprintf(text, sizeof(text), "%u %s##%" PRIx64, process.pid, process.name.c_str(), process.root.raw);
        if (ImGui::Selectable(text, process.root == picture.process.root)) wanted.root = process.root.raw;
    }
    ImGui::EndCombo();
}

constexpr float kAddressColumns = 19 + 12 + 21 + 16;

/// What is looked at: the kind of address, the address, the process.
void draw_address(const Picture& picture, BarState& state, Requests& requests) {
    Selection wanted = picture.selection;
    draw_kind(wanted);
    if (state.address_typed_for != wanted.address) {
        std::snprintf(state.address, sizeof(state.address), "0x%" PRIx64, wanted.address);
        state.address_typed_for = wanted.address;
    }
    ImGui::SetNextItemWidth(columns(21));
    if (state.wants_address) ImGui::SetKeyboardFocusHere();
    state.wants_address = false;
    constexpr auto kFlags = ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll;
    if (ImGui::InputText("##address", state.address, sizeof(state.address), kFlags)) {
        wanted.address = std::strtoull(state.address, nullptr, 16);
        state.address_typed_for = ~wanted.address;
    }
    mark("address");
    ImGui::SameLine(0, 4);
    draw_process(picture, wanted);
    if (!need_the_same_pages(wanted, picture.selection)) wanted.step = -1;
    if (!(wanted == picture.selection)) requests.push_back(Select{wanted});
}

/// How fast the guest may fault.
void draw_pace(const Snapshot& snapshot, BarState& state, Requests& requests) {
    static constexpr int kPaces[] = {0, 5000, 2000, 1000, 200, 50, 10, 2, 1};
    const auto text = [](int pace) {
        return pace == 0 ? std::string("full speed") : std::to_string(pace) + " faults/s";
    };
    ImGui::BeginDisabled(snapshot.state != MachineState::Running && snapshot.state != MachineState::Stopped);
    ImGui::SetNextItemWidth(columns(16));
    const bool open = ImGui::BeginCombo("##pace", text(state.pace).c_str());
    mark("pace");
    if (open) {
        for (const int pace : kPaces) {
            if (!ImGui::Selectable(text(pace).c_str(), pace == state.pace)) continue;
            state.pace = pace;
            requests.push_back(SetPace{static_cast<u32>(pace)});
        }
        ImGui::EndCombo();
    }
    ImGui::EndDisabled();
    ImGui::SameLine(0, 4);
}

void draw_window_buttons(BarState& state, WindowArrangement window, Requests& requests) {
    ImGui::SetNextItemWidth(columns(12));
    const bool open = ImGui::BeginCombo("##layout", "layout");
    mark("layout");
    if (open) {
        for (const NamedLayout& layout : layouts()) {
            char text[80];
            std::snprintf(text, sizeof(text), "%-6s %s", layout.name, layout.what_for);
            if (ImGui::Selectable(text)) window.layout = layout.make();
            mark("layout %s", layout.name);
        }
        ImGui::EndCombo();
    }
    ImGui::SameLine(0, 4);
    if (ImGui::Button("Save")) requests.push_back(Save{"twain.recording"});
    mark("Save");
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("write what is seen, with every pair, to the file twain.recording");
    ImGui::SameLine(0, 4);
    if (ImGui::Button(window.dark ? "Light" : "Dark ")) window.dark = !window.dark;
    mark("theme");
    ImGui::SameLine(0, 4);
    if (ImGui::Button("?")) state.help = !state.help;
    mark("help");
}

}  // namespace

void draw_bar(const Picture& picture, BarState& state, WindowArrangement window, const Look& look, Requests& requests) {
    const ImGuiStyle& style = ImGui::GetStyle();
    draw_machine_buttons(*picture.snapshot, requests);
    draw_pace(*picture.snapshot, state, requests);
    const float buttons = columns(12 + 4 + 5 + 1) + 3 * (2 * style.FramePadding.x + 4);
    ImGui::SameLine(std::max(ImGui::GetCursorPosX(), right_edge() - buttons));
    draw_window_buttons(state, window, requests);
    draw_state(*picture.snapshot, look);
    const float address = columns(kAddressColumns) + 3 * 4;
    const float room = right_edge() - address - ImGui::GetCursorPosX() - columns(1);
    draw_message(*picture.snapshot, state.notice, std::max(room, columns(8)), look);
    ImGui::SameLine(right_edge() - address);
    draw_address(picture, state, requests);
}

void draw_help(BarState& state, const Look& look) {
    static constexpr const char* kLines[] = {
        "r F5      run                        s F6      stop",
        "F10       next line of source        F11       ... into what it calls",
        "shift+F11 out to the caller          i         one instruction",
        "n         next nested fault          e         next VM exit",
        "g         into the guest             F9        breakpoint at the line shown",
        "[ ]       the walk, step by step     , .       the time line, fault by fault",
        "space     play the time line         arrows    choose an entry of the pair",
        "enter     follow that entry          pageup/dn another level of the path",
        "+ -       zoom the pair              a         type an address",
        "b         type a breakpoint          /         type a function to read",
        "1 pair  2 code  3 memory  4 console  5 walk  6 registers  7 vCPU  8 stops  9 exits  0 heat",
        "d         dark or light              ctrl+ ctrl-  larger or smaller text",
        "F12       keyboard to the machine's console, and back",
        "",
        "Right button on a tab: move that view to another part of the window.",
        "Right button on the heat map: one step out. Double click on an entry: go there.",
    };
    if (!state.help) return;
    const float width = columns(92), height = ImGui::GetTextLineHeightWithSpacing() * (std::size(kLines) + 3);
    const ImVec2 size = ImGui::GetIO().DisplaySize;
    ImGui::SetNextWindowPos({std::max(0.0F, (size.x - width) / 2), std::max(0.0F, (size.y - height) / 3)});
    ImGui::SetNextWindowSize({std::min(width, size.x), height});
    ImGui::SetNextWindowFocus();
    ImGui::PushStyleColor(ImGuiCol_WindowBg, vector_from(look.panel));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
    ImGui::Begin("Keys", nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings);
    heading(look, "Keys and buttons (? closes this)");
    for (const char* line : kLines) text_in(look.text, "%s", line);
    ImGui::End();
    ImGui::PopStyleVar();
    ImGui::PopStyleColor();
}

}  // namespace debugger
