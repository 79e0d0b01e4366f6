// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting the heat map.
/// @chapter observability
#include "debugger-ui/views/heat_view.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>

namespace debugger {
namespace {

constexpr usize kAcross = 32, kDown = HeatPicture::kCells / kAcross;
/// No further than a page a cell.
constexpr u64 kSmallest = HeatPicture::kCells * kPageBytes;

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
    char cell_size[24], all[24];
    text_in(look.quiet, "guest-physical 0x%" PRIx64 " + %s, a cell is %s", heat.begin,
            size_text(heat.end - heat.begin, all), size_text(heat.bytes_per_cell(), cell_size));
    const ImVec2 from = ImGui::GetCursorScreenPos(), room = ImGui::GetContentRegionAvail();
    const float width = std::max(2.0F, std::floor(room.x / kAcross)),
                height = std::max(2.0F, std::floor(room.y / kDown));
    ImDrawList& list = *ImGui::GetWindowDrawList();
    ImGui::InvisibleButton("cells", {width * kAcross, height * kDown});
    const auto corner = [&](usize at) {
        return ImVec2{from.x + width * static_cast<float>(at % kAcross),
                      from.y + height * static_cast<float>(at / kAcross)};
    };
    for (usize at = 0; at < HeatPicture::kCells; ++at) {
        const ImVec2 low = corner(at);
        list.AddRectFilled(low, {low.x + width - 1, low.y + height - 1}, colour_of(look, heat.faults[at], heat.most));
    }
    const u64 cell = std::max<u64>(heat.bytes_per_cell(), 1);
    if (picture.pair_address >= heat.begin && picture.pair_address < heat.end) {
        const ImVec2 low = corner((picture.pair_address - heat.begin) / cell);
        draw_frame(list, {low.x - 1, low.y - 1}, {low.x + width, low.y + height}, look.path, 2);
    }
    if (!ImGui::IsItemHovered()) return;
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const auto x = static_cast<usize>((mouse.x - from.x) / width), y = static_cast<usize>((mouse.y - from.y) / height);
    const usize at = std::min(y * kAcross + x, HeatPicture::kCells - 1);
    const u64 begin = heat.begin + at * cell;
    ImGui::SetTooltip("0x%" PRIx64 " + %s: %u faults", begin, size_text(cell, cell_size), heat.faults[at]);
    if (ImGui::IsMouseClicked(0) && heat.end - heat.begin > kSmallest) {
        const u64 size = std::max(kSmallest, (heat.end - heat.begin) / 16);
        const u64 middle = align_down(begin, size);
        zoom(picture, middle, middle + size, requests);
    }
    if (ImGui::IsMouseClicked(1)) zoom(picture, 0, 0, requests);
}

}  // namespace debugger
