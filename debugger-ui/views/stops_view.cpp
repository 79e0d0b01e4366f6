// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting what the machine is to stop at.
/// @chapter observability
#include "debugger-ui/views/stops_view.h"

#include <algorithm>
#include <cinttypes>

#include "debugger-ui/views/landmarks.h"
#include "debugger-ui/views/timeline_view.h"

namespace debugger {
namespace {

float width_left(float at_most) { return std::min(columns(at_most), ImGui::GetContentRegionAvail().x); }

/// The next fault, perhaps in a range; the next exit, perhaps of one kind; the next change of the entry looked at.
void draw_next(const Picture& picture, StopsViewState& state, const Look& look, Requests& requests) {
    const Snapshot& snapshot = *picture.snapshot;
    heading(look, "Run until the next ...");
    ImGui::BeginDisabled(snapshot.state != MachineState::Stopped);
    RunToNestedFault fault;
    const bool sensible = parse_range(state.range, fault.begin, fault.end);
    const bool asked = ImGui::Button("nested fault");
    mark("next fault");
    ImGui::SameLine(0, 4);
    ImGui::SetNextItemWidth(width_left(27));
    const bool entered = ImGui::InputTextWithHint("##range", "anywhere, or 0x1000-0x9000", state.range,
                                                  sizeof(state.range), ImGuiInputTextFlags_EnterReturnsTrue);
    mark("fault range");
    if ((asked || entered) && sensible) requests.push_back(fault);
    if (!sensible) text_in(look.wrong, "a range is written 0x1000-0x9000");

    if (ImGui::Button("VM exit     ")) requests.push_back(RunToExit{state.exit_kind});
    mark("next exit");
    ImGui::SameLine(0, 4);
    ImGui::SetNextItemWidth(width_left(27));
    const bool open = ImGui::BeginCombo("##kind", state.exit_kind.empty() ? "of any kind" : state.exit_kind.c_str());
    mark("exit kind");
    if (open) {
        if (ImGui::Selectable("of any kind")) state.exit_kind.clear();
        for (const ExitCount& one : snapshot.exits) {
            if (ImGui::Selectable(one.kind.c_str(), one.kind == state.exit_kind)) state.exit_kind = one.kind;
            mark("kind %s", one.kind.c_str());
        }
        ImGui::EndCombo();
    }
    if (ImGui::Button("change      "))
        requests.push_back(RunToEntryChange{picture.selection.address, std::max(picture.pair_level, 1U)});
    mark("next change");
    ImGui::SameLine(0, 4);
    ImGui::AlignTextToFramePadding();
    text_in(look.quiet, "of the %s entry for 0x%" PRIx64, table_name(std::max(picture.pair_level, 1U)),
            picture.selection.address);
    ImGui::EndDisabled();
}

void draw_new_breakpoint(StopsViewState& state, Requests& requests) {
    ImGui::SetNextItemWidth(width_left(40));
    if (state.wants_place) ImGui::SetKeyboardFocusHere();
    state.wants_place = false;
    bool entered = ImGui::InputTextWithHint("##place", "function, file:line, 0xaddress, guest:name", state.place,
                                            sizeof(state.place), ImGuiInputTextFlags_EnterReturnsTrue);
    mark("place");
    ImGui::SetNextItemWidth(width_left(40));
    entered |= ImGui::InputTextWithHint("##condition", "only if, e.g. rdi == 5 && [rsi+8] > 0", state.condition,
                                        sizeof(state.condition), ImGuiInputTextFlags_EnterReturnsTrue);
    mark("condition");
    if ((ImGui::Button("Set") || entered) && state.place[0]) {
        requests.push_back(ToggleBreakpoint{state.place, state.condition});
        state.place[0] = state.condition[0] = 0;
    }
    mark("Set");
    ImGui::SameLine(0, 4);
    if (ImGui::Button("Watch") && state.place[0]) {
        requests.push_back(ToggleWatchpoint{state.place, static_cast<u64>(std::clamp(state.watch_bytes, 1, 8192))});
        state.place[0] = 0;
    }
    mark("Watch");
    ImGui::SameLine(0, 4);
    ImGui::SetNextItemWidth(columns(7));
    ImGui::InputInt("bytes", &state.watch_bytes, 0);
}

void draw_breakpoint(const BreakpointPlace& one, const Look& look, Requests& requests) {
    ImGui::PushID(one.name.c_str());
    bool on = one.enabled;
    if (ImGui::Checkbox("##on", &on)) requests.push_back(SwitchBreakpoint{one.name});
    mark("on %s", one.name.c_str());
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("stop there, or only keep it in the list");
    ImGui::SameLine(0, 4);
    if (ImGui::Button("x")) {
        if (one.watched_bytes == 0) {
            requests.push_back(ToggleBreakpoint{one.name});
        } else {
            requests.push_back(ToggleWatchpoint{one.name, one.watched_bytes});
        }
    }
    mark("delete %s", one.name.c_str());
    ImGui::PopID();
    ImGui::SameLine();
    ImGui::AlignTextToFramePadding();
    text_in(one.enabled ? look.text : look.quiet, "%s", one.name.c_str());
    ImGui::SameLine();
    text_in(look.quiet, one.watched_bytes ? "0x%" PRIx64 ", %" PRIu64 " bytes watched" : "0x%" PRIx64, one.address,
            one.watched_bytes);
    if (!one.condition.empty()) text_in(look.quiet, "       if %s", one.condition.c_str());
}

}  // namespace

void draw_stops_view(const Picture& picture, StopsViewState& state, const Look& look, Requests& requests) {
    const Snapshot& snapshot = *picture.snapshot;
    if (snapshot.state == MachineState::Recording) {
        text_in(look.quiet, "a recording does not run: there is nothing to stop at");
        return;
    }
    heading(look, "Breakpoints");
    draw_new_breakpoint(state, requests);
    for (const BreakpointPlace& one : snapshot.breakpoints) draw_breakpoint(one, look, requests);
    ImGui::Spacing();
    draw_next(picture, state, look, requests);
}

}  // namespace debugger
