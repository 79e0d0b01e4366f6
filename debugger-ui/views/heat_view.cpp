// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting the heat map.
/// @chapter observability
#include "debugger-ui/views/heat_view.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>

#include "debugger-ui/views/landmarks.h"
#include "debugger-ui/views/rectangles.h"

namespace debugger {
namespace {

constexpr usize kAcross = 32, kDown = HeatPicture::kCells / kAcross;
/// No further than a page a cell.
constexpr u64 kSmallest = HeatPicture::kCells * kPageBytes;
/// What a guest can name.
constexpr u64 kWindowBytes = kWindowEnd.raw;

/// From a quiet ground to the accent, in the logarithm of the count.
ImU32 colour_of(const Look& look, u32 faults, u32 most) {
    if (faults == 0) return look.empty;
    const float part =
        most <= 1 ? 1.0F : std::log2(static_cast<float>(faults) + 1) / std::log2(static_cast<float>(most) + 1);
    return faded(look.ring_v, 0.25F + 0.75F * part);
}

void zoom(const Picture& picture, u64 begin, u64 end, Requests& requests) {
    Selection there = picture.selection;
    there.heat_begin = begin;
    there.heat_end = end;
    requests.push_back(Select{there});
}

/// The part of a factor of 8 smaller or larger around an address, in whole cells.
void zoom_around(const Picture& picture, u64 address, int by, Requests& requests) {
    constexpr u64 kFactor = 8;
    const u64 now = picture.heat.end - picture.heat.begin;
    const u64 size = std::clamp(by > 0 ? now / kFactor : now * kFactor, kSmallest, kWindowBytes);
    const u64 begin = std::min(align_down(address, size), kWindowBytes - size);
    zoom(picture, begin, begin + size, requests);
}

/// Which part is shown, and the ways to others.
void draw_heat_bar(const Picture& picture, const Look& look, Requests& requests) {
    const HeatPicture& heat = picture.heat;
    if (ImGui::SmallButton("all")) zoom(picture, 0, kWindowBytes, requests);
    mark("heat all");
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("the whole window: 512 GiB");
    ImGui::SameLine(0, 4);
    if (ImGui::SmallButton("used")) zoom(picture, 0, 0, requests);
    mark("heat used");
    ImGui::SameLine(0, 4);
    if (ImGui::SmallButton("-")) zoom_around(picture, heat.begin, -1, requests);
    mark("heat out");
    ImGui::SameLine(0, 4);
    if (ImGui::SmallButton("+")) zoom_around(picture, picture.pair_address, 1, requests);
    mark("heat in");
    ImGui::SameLine();
    char cell_size[24], all[24];
    text_in(look.quiet, "0x%" PRIx64 " + %s, cell %s", heat.begin, size_text(heat.end - heat.begin, all),
            size_text(heat.bytes_per_cell(), cell_size));
}

}  // namespace

const char* size_text(u64 bytes, char (&text)[24]) {
    static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    usize unit = 0;
    while (bytes >= 1024 && bytes % 1024 == 0 && unit + 1 < std::size(kUnits)) {
        bytes /= 1024;
        ++unit;
    }
    std::snprintf(text, sizeof(text), "%" PRIu64 " %s", bytes, kUnits[unit]);
    return text;
}

void draw_heat_view(const Picture& picture, const Look& look, Requests& requests) {
    const HeatPicture& heat = picture.heat;
    draw_heat_bar(picture, look, requests);
    const ImVec2 from = ImGui::GetCursorScreenPos(), room = ImGui::GetContentRegionAvail();
    const float width = std::max(2.0F, room.x / kAcross), height = std::max(2.0F, room.y / kDown);
    ImDrawList& list = *ImGui::GetWindowDrawList();
    ImGui::InvisibleButton("cells", {width * kAcross, height * kDown});
    const auto corner = [&](usize at) {
        return ImVec2{std::floor(from.x + width * static_cast<float>(at % kAcross)),
                      std::floor(from.y + height * static_cast<float>(at / kAcross))};
    };
    Rectangles rectangles(list);
    for (usize at = 0; at < HeatPicture::kCells; ++at) {
        const ImVec2 low = corner(at);
        const ImVec2 high{std::floor(low.x + width) - 1, std::floor(low.y + height) - 1};
        rectangles.add(low, high, colour_of(look, heat.faults[at], heat.most));
        mark_place(low, high, "heat %zu", at);
    }
    const u64 cell = std::max<u64>(heat.bytes_per_cell(), 1);
    if (picture.pair_address >= heat.begin && picture.pair_address < heat.end) {
        const ImVec2 low = corner((picture.pair_address - heat.begin) / cell);
        rectangles.add_frame({low.x - 1, low.y - 1}, {low.x + width, low.y + height}, look.path, 2);
    }
    if (!ImGui::IsItemHovered()) return;
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const auto x = static_cast<usize>((mouse.x - from.x) / width), y = static_cast<usize>((mouse.y - from.y) / height);
    const usize at = std::min(y * kAcross + x, HeatPicture::kCells - 1);
    const u64 begin = heat.begin + at * cell;
    char cell_size[24];
    ImGui::SetTooltip("0x%" PRIx64 " + %s: %u faults", begin, size_text(cell, cell_size), heat.faults[at]);
    const float wheel = ImGui::GetIO().MouseWheel;
    if (ImGui::IsMouseClicked(0) || wheel > 0) zoom_around(picture, begin, 1, requests);
    if (ImGui::IsMouseClicked(1) || wheel < 0) zoom_around(picture, begin, -1, requests);
}

}  // namespace debugger
