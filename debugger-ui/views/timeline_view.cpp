// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting the time line.
/// @chapter observability
#include "debugger-ui/views/timeline_view.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "debugger-ui/views/heat_view.h"
#include "debugger-ui/views/landmarks.h"
#include "debugger-ui/views/rectangles.h"

namespace debugger {
namespace {

/// Looks at the moment after `happened` of the faults that the filter lets through; all of them: now.
void go_to(const Picture& picture, const TimelineViewState& state, usize happened, Requests& requests) {
    Selection there = picture.selection;
    const usize shown = std::min(happened, picture.faults.size());
    there.moment = shown == picture.faults.size() ? -1
                   : shown == 0                   ? 0
                                                  : static_cast<i64>(picture.faults[shown - 1]) + 1;
    if (state.follow && shown > 0) {
        const abi::TraceRecord& record = picture.snapshot->log[picture.faults[shown - 1]];
        there.address = record.address;
        there.access = static_cast<Access>(std::min<u8>(record.access, 2));
        there.step = -1;
        there.root = root_of(record).raw;
        there.kind = record.cause == abi::TraceCause::RingV ? AddressKind::GuestPhys : AddressKind::Ring3;
    }
    requests.push_back(Select{there});
}

void draw_buttons(const Picture& picture, TimelineViewState& state, const Look& look, float seconds,
                  Requests& requests) {
    const usize here = picture.fault_cursor, all = picture.faults.size();
    if (ImGui::Button(state.playing ? "Pause" : "Play ")) {
        state.playing = !state.playing;
        if (state.playing && here == all) go_to(picture, state, 0, requests);
    }
    mark("play");
    ImGui::SameLine(0, 4);
    if (ImGui::Button("<##fault") && here > 0) go_to(picture, state, here - 1, requests);
    ImGui::SameLine(0, 4);
    if (ImGui::Button(">##fault") && here < all) go_to(picture, state, here + 1, requests);
    ImGui::SameLine(0, 4);
    if (ImGui::Button("Now")) go_to(picture, state, all, requests);
    mark("now");
    ImGui::SameLine();
    ImGui::SetNextItemWidth(columns(30));
    int moment = static_cast<int>(here);
    char text[64];
    std::snprintf(text, sizeof(text), "fault %%d of %zu", all);
    if (ImGui::SliderInt("##moment", &moment, 0, static_cast<int>(all), text, ImGuiSliderFlags_AlwaysClamp)) {
        state.playing = false;
        go_to(picture, state, static_cast<usize>(moment), requests);
    }
    ImGui::SameLine();
    ImGui::SetNextItemWidth(columns(14));
    ImGui::SliderFloat("##speed", &state.per_second, 1, 5000, "%.0f a second", ImGuiSliderFlags_Logarithmic);
    ImGui::SameLine();
    const TraceLog& log = picture.snapshot->log;
    if (log.lost() > 0) {
        text_in(look.wrong, "%" PRIu64 " lost", log.lost());
        ImGui::SameLine();
    }
    if (!state.playing) return;
    state.owed += std::min(seconds, 0.25F) * state.per_second;
    const auto whole = static_cast<usize>(state.owed);
    state.owed -= static_cast<float>(whole);
    if (whole > 0) go_to(picture, state, here + whole, requests);
    if (here + whole >= all) state.playing = false;
}

void draw_core_filter(const Picture& picture, TraceFilter& filter) {
    const unsigned most = std::max(picture.snapshot->cores, static_cast<unsigned>(filter.core + 1));
    const auto name = [](i64 core) { return core < 0 ? std::string("all cores") : "core " + std::to_string(core); };
    ImGui::SetNextItemWidth(columns(14));
    const bool open = ImGui::BeginCombo("##core", name(filter.core).c_str());
    mark("core");
    if (!open) {
        ImGui::SameLine();
        return;
    }
    for (i64 core = -1; core < static_cast<i64>(most); ++core) {
        if (ImGui::Selectable(name(core).c_str(), core == filter.core)) filter.core = core;
    }
    ImGui::EndCombo();
    ImGui::SameLine();
}

void draw_filter(const Picture& picture, TimelineViewState& state, const Look& look, Requests& requests) {
    TraceFilter filter = picture.selection.filter;
    const auto box = [&](const char* name, bool& on, ImU32 colour) {
        ImGui::PushStyleColor(ImGuiCol_CheckMark, vector_from(colour));
        ImGui::Checkbox(name, &on);
        ImGui::PopStyleColor();
        mark("%s", name);
        ImGui::SameLine();
    };
    box("ring 3", filter.ring3, look.ring3);
    box("ring V", filter.ring_v, look.ring_v);
    box("kernel", filter.kernel, look.kernel);
    bool only_this = filter.root != 0;
    box("this process only", only_this, look.accent);
    filter.root = only_this ? picture.process.root.raw : 0;
    draw_core_filter(picture, filter);
    ImGui::SetNextItemWidth(std::min(columns(29), ImGui::GetContentRegionAvail().x));
    if (ImGui::InputTextWithHint("##range", "range, e.g. 0x1000-0x9000", state.range, sizeof(state.range))) {
        parse_range(state.range, filter.begin, filter.end);
    }
    mark("range");
    if (filter == picture.selection.filter) return;
    Selection there = picture.selection;
    there.filter = filter;
    requests.push_back(Select{there});
}

/// How many records are missing before one, wherever: between two that differ in it is a gap.
u64 missing_before(const TraceLog& log, usize index) { return log[index].sequence - index - 1; }

/// Faults from left to right in their order, addresses from below: ring V over the whole window used, ring 3 over all.
void draw_strip(const Picture& picture, TimelineViewState& state, const Look& look, ImVec2 size, Requests& requests) {
    const ImVec2 from = ImGui::GetCursorScreenPos(), to{from.x + size.x, from.y + size.y};
    ImDrawList& list = *ImGui::GetWindowDrawList();
    list.AddRectFilled(from, to, look.window);
    draw_frame(list, from, to, look.line);
    ImGui::InvisibleButton("strip", size);
    mark("strip");
    const usize all = picture.faults.size();
    if (all == 0) {
        list.AddText({from.x + 8, from.y + 6}, look.quiet, "no faults yet");
        return;
    }
    const TraceLog& log = picture.snapshot->log;
    const float inner = size.x - 10, base = to.y - 5, height = size.y - 10;
    const auto x_of = [&](usize at) {
        return from.x + 5 + inner * (static_cast<float>(at) + 0.5F) / static_cast<float>(all);
    };
    const float half = scaled(3) / 2, third = scaled(1) / 2;
    const float span = std::log2(static_cast<float>(kUserEnd.raw)) - 12;
    Rectangles rectangles(list);
    u64 missing = 0;
    const usize stride = std::max<usize>(1, all / static_cast<usize>(std::max(1.0F, inner * 4)));
    for (usize at = 0; at < all; at += stride) {
        const abi::TraceRecord& record = log[picture.faults[at]];
        // A logarithmic height shows both the first pages of the guest and the libraries of a process.
        const float scaled = (std::log2(static_cast<float>(record.address | 4096)) - 12) / span;
        const float x = x_of(at), y = base - height * std::clamp(scaled, 0.0F, 1.0F);
        const ImU32 colour =
            at < picture.fault_cursor ? look.cause(record.cause) : mixed(look.window, look.cause(record.cause), 0.3F);
        // Shapes beside colours: ring 3 is a cross, ring V a square.
        if (record.cause == abi::TraceCause::RingV) {
            rectangles.add({x - half, y - half}, {x + half, y + half}, colour);
        } else {
            rectangles.add({x - half - 1, y - third}, {x + half + 1, y + third}, colour);
            rectangles.add({x - third, y - half - 1}, {x + third, y + half + 1}, colour);
        }
        // Not every fault is painted where there are many; every gap is.
        const u64 missing_here = missing_before(log, picture.faults[at]);
        if (missing_here != std::exchange(missing, missing_here))
            rectangles.add({x - 1, from.y}, {x + 1, to.y}, look.wrong);
    }
    const float cursor = from.x + 5 + inner * static_cast<float>(picture.fault_cursor) / static_cast<float>(all);
    rectangles.add({cursor - 1, from.y}, {cursor + 1, to.y}, look.path);
    // Where the button is let go counts too: it may have moved since the frame before.
    if (ImGui::IsItemActive() || ImGui::IsItemDeactivated()) {
        state.playing = false;
        const float part = std::clamp((ImGui::GetIO().MousePos.x - from.x - 5) / inner, 0.0F, 1.0F);
        const auto happened = static_cast<usize>(std::lround(part * static_cast<float>(all)));
        if (happened != picture.fault_cursor) go_to(picture, state, happened, requests);
    }
}

/// The faults around the moment, the last one that happened in the middle.
void draw_records(const Picture& picture, const TimelineViewState& state, const Look& look, Requests& requests) {
    text_in(look.quiet, "%13s %9s %4s %-7s %-7s %-5s %-14s  %s", "number", "time ms", "tid", "cause", "access", "size",
            "address", "settled");
    const auto rows = static_cast<usize>(
        std::max(1.0F, std::floor(ImGui::GetContentRegionAvail().y / ImGui::GetTextLineHeightWithSpacing())));
    const usize here = picture.fault_cursor, all = picture.faults.size();
    usize first = here > rows / 2 + 1 ? here - rows / 2 - 1 : 0;
    if (first + rows > all) first = all > rows ? all - rows : 0;
    for (usize at = first; at < std::min(all, first + rows); ++at) {
        const usize index = picture.faults[at];
        const abi::TraceRecord& record = picture.snapshot->log[index];
        const u64 missing = at == 0 ? 0 : missing_before(picture.snapshot->log, picture.faults[at - 1]);
        const bool gap = missing_before(picture.snapshot->log, index) != missing;
        char text[160];
        std::snprintf(text, sizeof(text), "%s%s%8" PRIu64 " %9.3f %4u %-7s %-7s %-5s 0x%-12" PRIx64 "  %s",
                      at + 1 == here ? ">" : " ", gap ? "gap " : "    ", record.sequence,
                      static_cast<double>(record.time_ns) / 1e6, record.thread, cause_name(record.cause),
                      access_name(record.access),
                      record.resolution == kResolutionMapped ? span_name(record.level_after) : "-", record.address,
                      resolution_name(record.resolution));
        ImGui::PushStyleColor(ImGuiCol_Text, at < here ? look.text : look.quiet);
        if (ImGui::Selectable(text, at + 1 == here)) go_to(picture, state, at + 1, requests);
        ImGui::PopStyleColor();
        mark("fault %" PRIu64, record.sequence);
    }
}

}  // namespace

void step_time(const Picture& picture, const TimelineViewState& state, int by, Requests& requests) {
    const usize here = picture.fault_cursor;
    if (by < 0 && here > 0) go_to(picture, state, here - 1, requests);
    if (by > 0 && here < picture.faults.size()) go_to(picture, state, here + 1, requests);
}

bool parse_range(const char* text, u64& begin, u64& end) {
    char* rest = nullptr;
    while (*text == ' ') ++text;
    if (*text == 0) {
        begin = 0;
        end = ~0ULL;
        return true;
    }
    const u64 low = std::strtoull(text, &rest, 16);
    if (rest == text) return false;
    u64 high = low + kPageBytes;
    if (*rest == '-') {
        const char* second = rest + 1;
        high = std::strtoull(second, &rest, 16);
        if (rest == second) return false;
    }
    if (*rest != 0 || high <= low) return false;
    begin = low;
    end = high;
    return true;
}

void draw_timeline_view(const Picture& picture, TimelineViewState& state, const Look& look, float seconds,
                        Requests& requests) {
    draw_buttons(picture, state, look, seconds, requests);
    draw_filter(picture, state, look, requests);
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const float heat = std::floor(room.x * 0.25F), records = columns(79), strip = room.x - heat - records - 16;
    ImGui::BeginGroup();
    draw_strip(picture, state, look, {std::max(strip, 60.0F), room.y - row() - ImGui::GetStyle().ItemSpacing.y - 2},
               requests);
    if (const u64 behind = picture.snapshot->records_behind; behind > 0) {
        text_in(look.accent, "reading the trace: %zu of %" PRIu64, picture.snapshot->log.size(),
                picture.snapshot->log.size() + behind);
    } else if (picture.selection.moment < 0) {
        text_in(look.quiet, "faults in their order, addresses upwards");
    } else if (picture.unexplained == 0) {
        text_in(look.quiet, "a past moment; Now goes back");
    } else {
        text_in(look.quiet, "a past moment; %zu entries changed without a fault", picture.unexplained);
    }
    ImGui::EndGroup();
    ImGui::SameLine(0, 8);
    ImGui::BeginChild("records", {records, 0});
    draw_records(picture, state, look, requests);
    ImGui::EndChild();
    ImGui::SameLine(0, 8);
    ImGui::BeginChild("heat", {0, 0});
    draw_heat_view(picture, look, requests);
    ImGui::EndChild();
}

}  // namespace debugger
