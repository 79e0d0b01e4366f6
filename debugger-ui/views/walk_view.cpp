// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting a walk: a figure of its references, the one looked at in full, and the list.
/// @chapter nested-faults
#include "debugger-ui/views/walk_view.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>

#include "debugger-ui/views/landmarks.h"

namespace debugger {
namespace {

void go_to(const Picture& picture, usize step, Requests& requests) {
    Selection there = picture.selection;
    there.step = static_cast<i64>(std::min(step, picture.walk.steps.size() - 1));
    requests.push_back(Select{there});
}

/// The column of a step in the figure: the guest's levels 4 to 1 from the left, then the address itself.
int column_of(const WalkStep& step, bool two_dimensional) {
    return two_dimensional ? static_cast<int>(kRootLevel - (step.guest_level ? step.guest_level : 0)) : 0;
}
/// Its row: the nested (or host) levels 4 to 1 from above, then the guest's own entry.
int row_of(const WalkStep& step) {
    return step.table == WalkTable::Guest ? static_cast<int>(kRootLevel) : static_cast<int>(kRootLevel - step.level);
}

/// The classical figure: columns are the guest's levels, rows the nested ones; a number for each reference made.
void draw_figure(const Picture& picture, const Look& look, Requests& requests) {
    const Walk& walk = picture.walk;
    static constexpr const char* kColumns[] = {"gPML4", "gPDPT", "gPD", "gPT", "data"};
    const bool two = walk.question.kind == AddressKind::GuestVirt;
    const int columns_used = two ? 5 : 1, rows_used = two ? 5 : 4;
    const float names = columns(8), height = row() + 8;
    const float width = std::floor((ImGui::GetContentRegionAvail().x - names) / (two ? 5 : 3));
    const ImVec2 from = ImGui::GetCursorScreenPos();
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const float top = from.y + (two ? row() + 4 : 0);
    for (int column = 0; two && column < columns_used; ++column) {
        list.AddText({from.x + names + width * static_cast<float>(column) + 4, from.y}, look.quiet, kColumns[column]);
    }
    for (int line = 0; line < rows_used; ++line) {
        const char* text = line == 4 ? "guest" : table_name(kRootLevel - static_cast<unsigned>(line));
        list.AddText({from.x, top + height * static_cast<float>(line) + 4}, look.quiet, text);
        for (int column = 0; column < columns_used; ++column) {
            if (line == 4 && column == 4) continue;
            const ImVec2 corner{from.x + names + width * static_cast<float>(column),
                                top + height * static_cast<float>(line)};
            list.AddRectFilled(corner, {corner.x + width - 3, corner.y + height - 3}, look.empty);
        }
    }
    for (usize at = 0; at < walk.steps.size(); ++at) {
        const WalkStep& step = walk.steps[at];
        const ImVec2 corner{from.x + names + width * static_cast<float>(column_of(step, two)),
                            top + height * static_cast<float>(row_of(step))};
        const ImVec2 end{corner.x + width - 3, corner.y + height - 3};
        const bool here = at == picture.step, done = at < picture.step;
        const ImU32 colour = step.fault != WalkFault::None    ? look.wrong
                             : step.table == WalkTable::Guest ? look.page_2m
                                                              : look.accent;
        list.AddRectFilled(corner, end, faded(colour, here ? 0.55F : done ? 0.28F : 0.10F));
        if (here) draw_frame(list, corner, end, look.path, 2);
        char text[32];
        std::snprintf(text, sizeof(text), "%zu%s", at + 1, step.fault != WalkFault::None ? " !" : "");
        list.AddText({corner.x + 5, corner.y + 3}, look.text, text);
        ImGui::SetCursorScreenPos(corner);
        ImGui::PushID(static_cast<int>(at));
        if (ImGui::InvisibleButton("reference", {width - 3, height - 3})) go_to(picture, at, requests);
        mark("step %zu", at + 1);
        ImGui::PopID();
    }
    ImGui::SetCursorScreenPos({from.x, top + height * static_cast<float>(rows_used)});
    ImGui::Dummy({1, 2});
}

void draw_controls(const Picture& picture, const Look& look, Requests& requests) {
    const usize all = picture.walk.steps.size();
    if (ImGui::Button("|<")) go_to(picture, 0, requests);
    mark("first step");
    ImGui::SameLine(0, 4);
    if (ImGui::Button("<") && picture.step > 0) go_to(picture, picture.step - 1, requests);
    mark("step back");
    ImGui::SameLine(0, 4);
    if (ImGui::Button(">")) go_to(picture, picture.step + 1, requests);
    mark("step on");
    ImGui::SameLine(0, 4);
    if (ImGui::Button(">|")) go_to(picture, all, requests);
    mark("last step");
    ImGui::SameLine();
    text_in(look.text, "%zu of %zu", picture.step + 1, all);
    ImGui::SameLine();
    if (ImGui::Button("Copy as text")) requests.push_back(CopyText{picture.walk_text});
    mark("Copy as text");
}

/// The reference looked at: what is read where, what for, and what comes of it.
void draw_step(const Walk& walk, const WalkStep& step, const Look& look) {
    static constexpr const char* kTables[] = {"host", "nested", "guest"};
    ImGui::PushTextWrapPos();
    text_in(look.accent, "%s %s, entry %u", kTables[static_cast<int>(step.table)], table_name(step.level), step.index);
    if (step.table == WalkTable::Nested && step.guest_level > 0) {
        text_in(look.quiet, "finds the guest's own %s: guest-physical 0x%" PRIx64, table_name(step.guest_level),
                step.target);
    } else {
        text_in(look.quiet, "translates 0x%" PRIx64, step.target);
    }
    if (step.fault == WalkFault::PageNotKnown) {
        text_in(look.wrong, "%s", explain(step.fault));
    } else {
        const bool nested = step.table == WalkTable::Nested;
        const EntryFormat format = nested ? entry_format(walk.question.format) : EntryFormat::Host;
        text_in(look.text, "at 0x%" PRIx64 ": %016" PRIx64, step.place.raw, step.entry);
        text_in(look.text, "%s", describe_entry(step.entry, format, step.level).c_str());
        if (step.fault != WalkFault::None) {
            const char* what = nested                           ? "nested page fault"
                               : step.table == WalkTable::Guest ? "page fault in the guest"
                                                                : "page fault";
            text_in(look.wrong, "%s: %s", what, explain(step.fault));
        }
    }
    ImGui::PopTextWrapPos();
}

void draw_outcome(const Walk& walk, const Look& look) {
    ImGui::PushTextWrapPos();
    if (walk.guest_phys) text_in(look.text, "guest-physical 0x%" PRIx64, *walk.guest_phys);
    if (walk.host_phys) {
        text_in(look.text, "host-physical 0x%" PRIx64 ", %s page", walk.host_phys->raw, span_name(walk.page_level));
    } else {
        text_in(look.wrong, "no translation: %s", explain(walk.fault));
    }
    ImGui::PopTextWrapPos();
}

void draw_list(const Picture& picture, const Look& look, Requests& requests) {
    const Walk& walk = picture.walk;
    static constexpr const char* kTables[] = {"host  ", "nested", "guest "};
    ImGui::BeginChild("references");
    for (usize at = 0; at < walk.steps.size(); ++at) {
        const WalkStep& step = walk.steps[at];
        char text[96];
        std::snprintf(text, sizeof(text), "%2zu %s %-4s[%3u] 0x%09" PRIx64 "%s", at + 1,
                      kTables[static_cast<int>(step.table)], table_name(step.level), step.index, step.place.raw,
                      step.fault != WalkFault::None ? " fault" : "");
        ImGui::PushStyleColor(ImGuiCol_Text, step.fault != WalkFault::None ? look.wrong : look.text);
        if (ImGui::Selectable(text, at == picture.step)) go_to(picture, at, requests);
        ImGui::PopStyleColor();
    }
    ImGui::EndChild();
}

}  // namespace

void draw_walk_view(const Picture& picture, const Look& look, Requests& requests) {
    const Walk& walk = picture.walk;
    if (walk.steps.empty()) {
        text_in(look.quiet, "%s", picture.process.root.raw == 0 ? "no process yet" : explain(walk.fault));
        return;
    }
    draw_figure(picture, look, requests);
    draw_controls(picture, look, requests);
    ImGui::Separator();
    draw_step(walk, walk.steps[picture.step], look);
    ImGui::Separator();
    draw_outcome(walk, look);
    ImGui::Separator();
    draw_list(picture, look, requests);
}

}  // namespace debugger
