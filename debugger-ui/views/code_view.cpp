// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting source, instructions and stack.
/// @chapter observability
#include "debugger-ui/views/code_view.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>

#include "debugger-ui/views/landmarks.h"

namespace debugger {
namespace {

/// The file's name from the top of the sources on.
std::string_view short_name(std::string_view file) {
    for (const char* part : {"/kernel/", "/vmm/"}) {
        const usize at = file.rfind(part);
        if (at != std::string_view::npos) return file.substr(at + 1);
    }
    return file;
}

std::string place_of(const SourceText& source, usize line) { return source.file + ":" + std::to_string(line); }

const BreakpointPlace* breakpoint_called(const Snapshot& snapshot, const std::string& place) {
    const auto found = std::find_if(snapshot.breakpoints.begin(), snapshot.breakpoints.end(),
                                    [&](const BreakpointPlace& one) { return one.name == place; });
    return found == snapshot.breakpoints.end() ? nullptr : &*found;
}
const BreakpointPlace* breakpoint_at(const Snapshot& snapshot, u64 address) {
    const auto found =
        std::find_if(snapshot.breakpoints.begin(), snapshot.breakpoints.end(),
                     [&](const BreakpointPlace& one) { return one.address == address && one.watched_bytes == 0; });
    return found == snapshot.breakpoints.end() ? nullptr : &*found;
}

/// Where the frame looked at stands.
u64 program_counter(const Picture& picture) {
    const Snapshot& snapshot = *picture.snapshot;
    if (picture.selection.frame < snapshot.stack.size()) return snapshot.stack[picture.selection.frame].pc;
    const auto rip = std::find_if(snapshot.registers.begin(), snapshot.registers.end(),
                                  [](const Register& one) { return one.name == "rip"; });
    return rip == snapshot.registers.end() ? 0 : rip->value;
}

/// Where the program stands: in the innermost frame, or in one that waits for another to return.
enum class Here : u8 { No, Now, Waiting };
Here here_if(bool it_is, const Picture& picture) {
    if (!it_is || !picture.selection.code.empty()) return Here::No;
    return picture.selection.frame == 0 ? Here::Now : Here::Waiting;
}

/// The margin of a row: a square for a breakpoint, its outline for one that is off, a triangle where the program stands.
void draw_margin(const Look& look, ImVec2 from, const BreakpointPlace* stop, Here here) {
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const float size = std::floor(row() * 0.55F), y = std::floor(from.y + (row() - size) / 2);
    if (stop && stop->enabled) list.AddRectFilled({from.x, y}, {from.x + size, y + size}, look.wrong);
    if (stop && !stop->enabled) draw_frame(list, {from.x, y}, {from.x + size, y + size}, look.wrong, 2);
    if (here == Here::No) return;
    const float x = from.x + columns(2);
    list.AddTriangleFilled({x, y - 1}, {x, y + size + 1}, {x + size, y + size / 2},
                           here == Here::Now ? look.accent : look.quiet);
}

/// One row that can be clicked; true when it was.
bool draw_row(const char* name, int number, const Look& look, const BreakpointPlace* stop, Here here) {
    const ImVec2 from = ImGui::GetCursorScreenPos();
    ImGui::PushID(number);
    const bool clicked = ImGui::Selectable("##row", here != Here::No);
    ImGui::PopID();
    mark("%s %d", name, number);
    draw_margin(look, from, stop, here);
    ImGui::SetCursorScreenPos({from.x + columns(4), from.y});
    return clicked;
}

/// A line of source: what is only said to people stands back.
void draw_source_text(const std::string& line, usize number, const Look& look) {
    const usize first = line.find_first_not_of(" \t");
    const bool comment = first != std::string::npos && line.compare(first, 2, "//") == 0;
    text_in(look.quiet, "%4zu", number);
    ImGui::SameLine(0, columns(1));
    ImGui::PushStyleColor(ImGuiCol_Text, comment ? look.comment : look.text);
    ImGui::TextUnformatted(line.c_str(), line.c_str() + line.size());
    ImGui::PopStyleColor();
}

void draw_source_row(const Picture& picture, usize number, Here here, const Look& look, Requests& requests) {
    const Snapshot& snapshot = *picture.snapshot;
    const SourceText& source = *snapshot.source;
    const std::string place = place_of(source, number);
    if (draw_row("line", static_cast<int>(number), look, breakpoint_called(snapshot, place), here))
        requests.push_back(ToggleBreakpoint{place});
    draw_source_text(source.lines[number - 1], number, look);
}

void draw_instruction_row(const Picture& picture, usize at, const Look& look, Requests& requests) {
    const Snapshot& snapshot = *picture.snapshot;
    const Instruction& one = snapshot.instructions[at];
    const Here here = here_if(one.address == program_counter(picture), picture);
    if (draw_row("instruction", static_cast<int>(at), look, breakpoint_at(snapshot, one.address), here)) {
        char place[32];
        std::snprintf(place, sizeof(place), "0x%" PRIx64, one.address);
        requests.push_back(ToggleBreakpoint{place});
    }
    text_in(look.quiet, "%016" PRIx64, one.address);
    ImGui::SameLine(0, columns(2));
    text_in(here == Here::Now ? look.accent : look.text, "%s", one.text.c_str());
}

/// Brings a row into the middle when the place shown is another one than before.
void scroll_to(const Picture& picture, CodeViewState& state, usize row_number) {
    const Snapshot& snapshot = *picture.snapshot;
    const u64 pc = program_counter(picture);
    const std::string now = std::to_string(static_cast<int>(state.form)) + picture.selection.code +
                            std::to_string(picture.selection.frame) + " " + std::to_string(pc) + ":" +
                            std::to_string(snapshot.source_line);
    if (state.scrolled_for == now) return;
    state.scrolled_for = now;
    const float line = ImGui::GetTextLineHeightWithSpacing();
    ImGui::SetScrollY(std::max(0.0F, line * static_cast<float>(row_number) - ImGui::GetWindowHeight() / 2));
}

void draw_source(const Picture& picture, CodeViewState& state, const Look& look, Requests& requests) {
    const Snapshot& snapshot = *picture.snapshot;
    scroll_to(picture, state, static_cast<usize>(std::max(snapshot.source_line, 0)));
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(snapshot.source->lines.size()));
    while (clipper.Step()) {
        for (int at = clipper.DisplayStart; at < clipper.DisplayEnd; ++at)
            draw_source_row(picture, static_cast<usize>(at) + 1, here_if(at + 1 == snapshot.source_line, picture), look,
                            requests);
    }
}

/// A row of the mixed form: an instruction, or the line that the instructions below it belong to.
struct MixedRow {
    usize instruction;
    int line;  ///< 0: it is the instruction itself
};
std::vector<MixedRow> mix(const Snapshot& snapshot) {
    std::vector<MixedRow> rows;
    const Instruction* before = nullptr;
    for (usize at = 0; at < snapshot.instructions.size(); ++at) {
        const Instruction& one = snapshot.instructions[at];
        if (one.line > 0 && (!before || before->line != one.line || before->file != one.file))
            rows.push_back({at, one.line});
        rows.push_back({at, 0});
        before = &one;
    }
    return rows;
}

void draw_mixed(const Picture& picture, CodeViewState& state, const Look& look, Requests& requests) {
    const Snapshot& snapshot = *picture.snapshot;
    const std::vector<MixedRow> rows = mix(snapshot);
    const u64 pc = program_counter(picture);
    const auto here = std::find_if(rows.begin(), rows.end(), [&](const MixedRow& one) {
        return snapshot.instructions[one.instruction].address == pc;
    });
    scroll_to(picture, state, here == rows.end() ? 0 : static_cast<usize>(here - rows.begin()));
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(rows.size()));
    while (clipper.Step()) {
        for (int at = clipper.DisplayStart; at < clipper.DisplayEnd; ++at) {
            const MixedRow& one = rows[static_cast<usize>(at)];
            const Instruction& instruction = snapshot.instructions[one.instruction];
            ImGui::PushID(at);
            if (one.line == 0) {
                draw_instruction_row(picture, one.instruction, look, requests);
            } else if (instruction.file.empty() && snapshot.source &&
                       static_cast<usize>(one.line) <= snapshot.source->lines.size()) {
                draw_source_row(picture, static_cast<usize>(one.line), Here::No, look, requests);
            } else {
                // Inlined from elsewhere.
                text_in(look.comment, "    %s:%d", std::string(short_name(instruction.file)).c_str(), one.line);
            }
            ImGui::PopID();
        }
    }
}

void draw_instructions(const Picture& picture, CodeViewState& state, const Look& look, Requests& requests) {
    const Snapshot& snapshot = *picture.snapshot;
    usize here = 0;
    for (usize at = 0; at < snapshot.instructions.size(); ++at) {
        if (snapshot.instructions[at].address == program_counter(picture)) here = at;
    }
    scroll_to(picture, state, here);
    for (usize at = 0; at < snapshot.instructions.size(); ++at) draw_instruction_row(picture, at, look, requests);
}

/// What is shown, the chapter about it, and what else to read.
void draw_code_bar(const Picture& picture, CodeViewState& state, const Look& look, Requests& requests) {
    const Snapshot& snapshot = *picture.snapshot;
    Selection wanted = picture.selection;
    static constexpr const char* kForms[] = {"source", "mixed", "instructions"};
    int form = static_cast<int>(state.form);
    ImGui::SetNextItemWidth(columns(17));
    if (ImGui::Combo("##form", &form, kForms, 3)) state.form = static_cast<CodeForm>(form);
    mark("code form");
    ImGui::SameLine(0, 4);
    ImGui::SetNextItemWidth(columns(34));
    if (state.wants_place) ImGui::SetKeyboardFocusHere();
    state.wants_place = false;
    if (ImGui::InputTextWithHint("##read", "read a function, file:line, 0xaddress", state.place, sizeof(state.place),
                                 ImGuiInputTextFlags_EnterReturnsTrue))
        wanted.code = state.place;
    mark("read");
    if (!wanted.code.empty()) {
        ImGui::SameLine(0, 4);
        if (ImGui::Button("Back to the frame")) {
            wanted.code.clear();
            state.place[0] = 0;
        }
        mark("back to the frame");
    }
    const std::string chapter = snapshot.source ? chapter_of(*snapshot.source) : std::string();
    if (!chapter.empty()) {
        ImGui::SameLine(0, 4);
        if (ImGui::Button(("Book: " + chapter).c_str())) requests.push_back(OpenBook{chapter});
        mark("book");
        if (ImGui::IsItemHovered()) ImGui::SetTooltip("opens the chapter of the book that explains this file");
    }
    if (snapshot.source) text_in(look.accent, "%s:%d", snapshot.source->file.c_str(), snapshot.source_line);
    if (!snapshot.guest_symbol.empty()) text_in(look.accent, "in the guest: %s", snapshot.guest_symbol.c_str());
    if (!(wanted == picture.selection)) requests.push_back(Select{wanted});
}

}  // namespace

std::string chapter_of(const SourceText& source) {
    constexpr std::string_view kTag = "@chapter ";
    constexpr usize kHead = 8;  // the head of a file, not what it says elsewhere
    for (usize at = 0; at < std::min(kHead, source.lines.size()); ++at) {
        const usize tag = source.lines[at].find(kTag);
        if (tag != std::string::npos) return source.lines[at].substr(tag + kTag.size());
    }
    return {};
}

void draw_code_view(const Picture& picture, CodeViewState& state, const Look& look, Requests& requests) {
    const Snapshot& snapshot = *picture.snapshot;
    draw_code_bar(picture, state, look, requests);
    ImGui::Separator();
    if (snapshot.instructions.empty() && !snapshot.source) {
        text_in(look.quiet, "source and instructions are shown while the machine stands");
        return;
    }
    ImGui::BeginChild("rows", {0, 0}, false, ImGuiWindowFlags_HorizontalScrollbar);
    if (state.form == CodeForm::Source && snapshot.source) {
        draw_source(picture, state, look, requests);
    } else if (state.form == CodeForm::Mixed) {
        draw_mixed(picture, state, look, requests);
    } else {
        draw_instructions(picture, state, look, requests);
    }
    ImGui::EndChild();
}

void draw_stack_view(const Picture& picture, const Look& look, Requests& requests) {
    const Snapshot& snapshot = *picture.snapshot;
    if (!snapshot.guest_symbol.empty()) text_in(look.text, "in the guest: %s", snapshot.guest_symbol.c_str());
    if (snapshot.stack.empty()) {
        text_in(look.quiet, "the stack is shown while the machine stands in the kernel");
        return;
    }
    for (usize at = 0; at < snapshot.stack.size(); ++at) {
        const StackFrame& frame = snapshot.stack[at];
        const bool here = at == picture.selection.frame && picture.selection.code.empty();
        const ImVec2 from = ImGui::GetCursorScreenPos();
        ImGui::PushID(static_cast<int>(at));
        if (ImGui::Selectable("##frame", here)) {
            Selection there = picture.selection;
            there.frame = at;
            there.code.clear();
            requests.push_back(Select{there});
        }
        ImGui::PopID();
        mark("frame %zu", at);
        ImGui::SetCursorScreenPos(from);
        text_in(look.quiet, "%2zu", at);
        ImGui::SameLine(0, columns(1));
        text_in(look.text, "%s", frame.functions.c_str());
        ImGui::SameLine(0, columns(1));
        text_in(look.quiet, "%s:%d", std::string(short_name(frame.file)).c_str(), frame.line);
    }
}

}  // namespace debugger
