// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting registers, stack, source and instructions.
/// @chapter observability
#include "debugger-ui/views/code_view.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>

namespace debugger {
namespace {

struct Flag {
    unsigned bit;
    const char* name;
};
constexpr Flag kRflags[] = {{0, "CF"}, {2, "PF"}, {4, "AF"},  {6, "ZF"},  {7, "SF"},
                            {8, "TF"}, {9, "IF"}, {10, "DF"}, {11, "OF"}, {18, "AC"}};
constexpr Flag kCr0[] = {{0, "PE"}, {1, "MP"}, {3, "TS"}, {5, "NE"}, {16, "WP"}, {31, "PG"}};
constexpr Flag kCr4[] = {{5, "PAE"},       {7, "PGE"},      {11, "UMIP"}, {13, "VMXE"},
                         {16, "FSGSBASE"}, {18, "OSXSAVE"}, {20, "SMEP"}, {21, "SMAP"}};
constexpr Flag kEfer[] = {{0, "SCE"}, {8, "LME"}, {10, "LMA"}, {11, "NXE"}, {12, "SVME"}};

/// The names of the set bits of a register that has names for them.
std::string flags_of(const Register& one) {
    std::span<const Flag> flags;
    if (one.name == "eflags") flags = kRflags;
    if (one.name == "cr0") flags = kCr0;
    if (one.name == "cr4") flags = kCr4;
    if (one.name == "efer") flags = kEfer;
    std::string text;
    for (const Flag& flag : flags) {
        if (one.value >> flag.bit & 1) text += std::string(" ") + flag.name;
    }
    return text;
}

void draw_stack(const Snapshot& snapshot, const Look& look) {
    heading(look, "Stack");
    if (!snapshot.guest_symbol.empty()) text_in(look.text, "in the guest: %s", snapshot.guest_symbol.c_str());
    for (const StackFrame& frame : snapshot.stack) {
        const usize slash = frame.file.rfind("/kernel/");
        const std::string file = slash == std::string::npos ? frame.file : frame.file.substr(slash + 1);
        text_in(look.text, "%s", frame.functions.c_str());
        ImGui::SameLine();
        text_in(look.quiet, "%s:%d", file.c_str(), frame.line);
    }
}

bool has_breakpoint(const Snapshot& snapshot, const std::string& file, usize line) {
    const std::string place = file + ":" + std::to_string(line);
    return std::any_of(snapshot.breakpoints.begin(), snapshot.breakpoints.end(),
                       [&](const BreakpointPlace& one) { return one.name == place; });
}

void draw_source(const Snapshot& snapshot, CodeViewState& state, const Look& look, Requests& requests) {
    const SourceText& source = *snapshot.source;
    const int here = snapshot.stack.front().line;
    text_in(look.accent, "%s", source.file.c_str());
    ImGui::Separator();
    ImGui::BeginChild("source", {0, 0});
    if (state.scrolled_for != snapshot.stack.front().pc) {
        state.scrolled_for = snapshot.stack.front().pc;
        const float line = ImGui::GetTextLineHeightWithSpacing();
        ImGui::SetScrollY(std::max(0.0F, line * static_cast<float>(here) - ImGui::GetWindowHeight() / 2));
    }
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(source.lines.size()));
    while (clipper.Step()) {
        for (int at = clipper.DisplayStart; at < clipper.DisplayEnd; ++at) {
            const auto number = static_cast<usize>(at) + 1;
            const bool stops = has_breakpoint(snapshot, source.file, number);
            char text[400];
            std::snprintf(text, sizeof(text), "%c %4zu %c %s", stops ? '*' : ' ', number, at + 1 == here ? '>' : ' ',
                          source.lines[static_cast<usize>(at)].c_str());
            ImGui::PushID(at);
            ImGui::PushStyleColor(ImGuiCol_Text, stops ? look.wrong : look.text);
            if (ImGui::Selectable("##line", at + 1 == here))
                requests.push_back(ToggleBreakpoint{source.file + ":" + std::to_string(number)});
            ImGui::SameLine(0, 0);
            ImGui::TextUnformatted(text);
            ImGui::PopStyleColor();
            ImGui::PopID();
        }
    }
    ImGui::EndChild();
}

void draw_instructions(const Snapshot& snapshot, const Look& look) {
    for (const Instruction& one : snapshot.instructions) {
        const bool here = !snapshot.stack.empty() && one.address == snapshot.stack.front().pc;
        text_in(here ? look.accent : look.text, "%c %016" PRIx64 "  %s", here ? '>' : ' ', one.address,
                one.text.c_str());
    }
}

void draw_breakpoints(const Snapshot& snapshot, CodeViewState& state, const Look& look, Requests& requests) {
    heading(look, "Breakpoints");
    ImGui::SetNextItemWidth(columns(32));
    const bool entered = ImGui::InputTextWithHint("##place", "function, file:line or 0xaddress", state.place,
                                                  sizeof(state.place), ImGuiInputTextFlags_EnterReturnsTrue);
    ImGui::SameLine();
    if ((ImGui::Button("Set") || entered) && state.place[0]) {
        requests.push_back(ToggleBreakpoint{state.place, state.condition});
        state.place[0] = state.condition[0] = 0;
    }
    ImGui::SameLine(0, 4);
    if (ImGui::Button("Watch") && state.place[0]) {
        requests.push_back(ToggleWatchpoint{state.place});
        state.place[0] = 0;
    }
    ImGui::SetNextItemWidth(columns(32));
    ImGui::InputTextWithHint("##condition", "only if, e.g. rdi == 5 && [rsi+8] > 0", state.condition,
                             sizeof(state.condition));
    for (const BreakpointPlace& one : snapshot.breakpoints) {
        ImGui::PushID(one.name.c_str());
        if (ImGui::SmallButton("x")) {
            if (one.watched_bytes == 0) {
                requests.push_back(ToggleBreakpoint{one.name});
            } else {
                requests.push_back(ToggleWatchpoint{one.name, one.watched_bytes});
            }
        }
        ImGui::PopID();
        ImGui::SameLine();
        text_in(look.text, "%s", one.name.c_str());
        ImGui::SameLine();
        text_in(look.quiet, one.watched_bytes ? "0x%" PRIx64 ", %" PRIu64 " bytes watched" : "0x%" PRIx64, one.address,
                one.watched_bytes);
        if (!one.condition.empty()) text_in(look.quiet, "   if %s", one.condition.c_str());
    }
}

}  // namespace

void draw_registers_view(const Picture& picture, RegistersViewState& state, const Look& look) {
    const Snapshot& now = *picture.snapshot;
    if (state.of && state.of != picture.snapshot && state.of->registers != now.registers)
        state.before = state.of->registers;
    state.of = picture.snapshot;
    if (now.registers.empty()) {
        text_in(look.quiet, "registers are shown while the machine stands");
        return;
    }
    text_in(look.quiet, "core %u; what changed since the last stop is lit", now.core);
    for (usize at = 0; at < now.registers.size(); ++at) {
        const Register& one = now.registers[at];
        const bool lit =
            at < state.before.size() && state.before[at].name == one.name && state.before[at].value != one.value;
        if (lit) {
            const ImVec2 from = ImGui::GetCursorScreenPos();
            ImGui::GetWindowDrawList()->AddRectFilled({from.x - 3, from.y}, {from.x + columns(26), from.y + row()},
                                                      look.changed);
        }
        text_in(look.text, "%-9s %016" PRIx64, one.name.c_str(), one.value);
        const std::string flags = flags_of(one);
        if (flags.empty()) continue;
        ImGui::SameLine(0, 0);
        text_in(look.quiet, "%s", flags.c_str());
    }
}

void draw_code_view(const Picture& picture, CodeViewState& state, const Look& look, Requests& requests) {
    const Snapshot& snapshot = *picture.snapshot;
    const float width = std::floor(ImGui::GetContentRegionAvail().x * 0.56F);
    ImGui::BeginChild("source of the frame", {width, 0});
    if (snapshot.source && !snapshot.stack.empty()) {
        draw_source(snapshot, state, look, requests);
    } else {
        text_in(look.quiet, "source is shown while the machine stands in code that has some");
    }
    ImGui::EndChild();
    ImGui::SameLine();
    ImGui::BeginChild("around it");
    draw_stack(snapshot, look);
    ImGui::Spacing();
    draw_breakpoints(snapshot, state, look, requests);
    ImGui::Spacing();
    heading(look, "Instructions");
    draw_instructions(snapshot, look);
    ImGui::EndChild();
}

}  // namespace debugger
