// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting the pairs on the way to an address.
/// @chapter pair
#include "debugger-ui/views/pair_view.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>

#include "debugger-ui/views/cell.h"
#include "debugger-ui/views/landmarks.h"

namespace debugger {
namespace {

constexpr unsigned kColumns = 32, kRows = kEntriesPerTable / kColumns, kMostZoom = 8;

/// The path as four boxes, one a level: which pair, which slot, and what stands there in both halves.
void draw_path(const Picture& picture, PairViewState& state, const Look& look) {
    const float gap = scaled(6), width = std::floor((ImGui::GetContentRegionAvail().x - 3 * gap) / 4);
    const float height = 3 * row() + scaled(14);
    ImDrawList& list = *ImGui::GetWindowDrawList();
    for (unsigned at = 0; at < kRootLevel; ++at) {
        if (at > 0) ImGui::SameLine(0, gap);
        const ImVec2 from = ImGui::GetCursorScreenPos(), to{from.x + width, from.y + height};
        ImGui::PushID(static_cast<int>(at));
        const bool reached = at < picture.path.size();
        if (ImGui::InvisibleButton("level", {width, height}) && reached) {
            state.shown = static_cast<int>(at);
            state.chosen = -1;
        }
        ImGui::PopID();
        mark("level %u", kRootLevel - at);
        const bool shown = static_cast<int>(at) == state.shown;
        list.AddRectFilled(from, to, shown ? faded(look.accent, 0.10F) : look.window);
        draw_frame(list, from, to, shown ? look.accent : look.line, shown ? 2.0F : 1.0F);
        list.PushClipRect(from, to, true);
        char text[96];
        const ImVec2 first{from.x + scaled(8), from.y + scaled(5)};
        std::snprintf(text, sizeof(text), "%u  %s", kRootLevel - at, table_name(kRootLevel - at));
        list.AddText(first, reached ? look.text : look.quiet, text);
        if (!reached) {
            list.AddText({first.x, first.y + row()}, look.quiet, "not on this path");
        } else {
            const PairPicture& pair = picture.path[at];
            std::snprintf(text, sizeof(text), "pair 0x%" PRIx64, pair.place.raw);
            list.AddText({first.x, first.y + row()}, look.text, text);
            std::snprintf(text, sizeof(text), "slot %u", pair.slot);
            list.AddText({first.x, first.y + 2 * row() + 2}, look.text, text);
            // The two entries of the path, small.
            const float cell_height = row() + scaled(6), cell_width = scaled(20);
            const float x = to.x - 2 * cell_width - scaled(12), y = to.y - cell_height - scaled(5);
            const CellMarks marks{false, pair.changed[pair.slot], false, pair.violations[pair.slot]};
            draw_cell(list, look, {x, y}, {x + cell_width, y + cell_height}, pair.host[pair.slot], pair.level, marks);
            const float second = x + cell_width + scaled(4);
            draw_cell(list, look, {second, y}, {second + cell_width, y + cell_height}, pair.nested[pair.slot],
                      pair.level, marks);
            if (pair.violation_count > 0) {
                std::snprintf(text, sizeof(text), "%zu wrong", pair.violation_count);
                list.AddText({to.x - columns(10), first.y}, look.wrong, text);
            }
        }
        list.PopClipRect();
    }
}

/// Where the cells of a half are. Zoomed in, it shows a part of the slots, in fewer and larger cells.
struct Grid {
    ImVec2 from;
    ImVec2 cell;
    unsigned columns_shown, rows_shown, first;
    unsigned end() const { return first + columns_shown * rows_shown; }
    ImVec2 corner(unsigned slot) const {
        const unsigned at = slot - first;
        return {std::floor(from.x + cell.x * static_cast<float>(at % columns_shown)),
                std::floor(from.y + cell.y * static_cast<float>(at / columns_shown))};
    }
    /// The end of a cell, with a little room to the next.
    ImVec2 end_of(unsigned slot) const {
        const unsigned at = slot - first;
        return {std::floor(from.x + cell.x * static_cast<float>(at % columns_shown + 1)) - 2,
                std::floor(from.y + cell.y * static_cast<float>(at / columns_shown + 1)) - 2};
    }
    int slot_at(ImVec2 point) const {
        const float x = std::floor((point.x - from.x) / cell.x), y = std::floor((point.y - from.y) / cell.y);
        const auto across = static_cast<float>(columns_shown), down = static_cast<float>(rows_shown);
        const bool inside = x >= 0 && y >= 0 && x < across && y < down;
        return inside ? static_cast<int>(first) + static_cast<int>(y * across + x) : -1;
    }
};
/// The part of a half that shows a slot, of `width` by `height` pixels.
Grid grid_around(unsigned slot, unsigned zoom, ImVec2 from, ImVec2 size) {
    const unsigned across = kColumns / zoom, down = kRows / zoom;
    return {from,
            {size.x / static_cast<float>(across), size.y / static_cast<float>(down)},
            across,
            down,
            slot / (across * down) * (across * down)};
}

/// Whether cells have room for words beside their shapes.
bool has_words(const Grid& grid) { return grid.cell.x > columns(7.5F) && grid.cell.y > 3 * row() + scaled(8); }

/// What a large cell's shapes stand for: the slot, the number of the frame, rights, accessed and dirty.
void draw_cell_words(ImDrawList& list, const Look& look, ImVec2 from, ImVec2 to, unsigned slot, const Cell& cell) {
    char text[40];
    list.PushClipRect(from, to, true);
    const float x = from.x + scaled(4), y = from.y + scaled(3);
    std::snprintf(text, sizeof(text), "%u", slot);
    list.AddText({x, y}, look.quiet, text);
    if (cell.kind == CellKind::Table || cell.kind == CellKind::Leaf) {
        std::snprintf(text, sizeof(text), "%" PRIx64, HostEntry(cell.raw).frame().raw >> kPageShift);
        list.AddText({x, y + row()}, look.text, text);
        std::snprintf(text, sizeof(text), "%c%c%c%s%s", cell.rights.read ? 'r' : '-', cell.rights.write ? 'w' : '-',
                      cell.rights.execute ? 'x' : '-', cell.accessed ? " A" : "", cell.dirty ? "D" : "");
        list.AddText({x, y + 2 * row()}, look.text, text);
    }
    list.PopClipRect();
}

void draw_half(const Grid& grid, const PairPicture& pair, const std::array<Cell, kEntriesPerTable>& cells, int hovered,
               int chosen, const Look& look) {
    Rectangles rectangles(*ImGui::GetWindowDrawList());
    const bool words = has_words(grid);
    const auto paint = [&](unsigned slot) {
        const ImVec2 from = grid.corner(slot), to = grid.end_of(slot);
        const bool lit = static_cast<int>(slot) == hovered || static_cast<int>(slot) == chosen;
        draw_cell(rectangles, look, from, to, cells[slot], pair.level,
                  {slot == pair.slot, pair.changed[slot], lit, pair.violations[slot], words ? columns(7) : 0});
        if (words) draw_cell_words(rectangles.list(), look, from, to, slot, cells[slot]);
    };
    for (unsigned slot = grid.first; slot < grid.end(); ++slot) {
        if (slot != pair.slot) paint(slot);
    }
    // Its thick frame lies over its neighbours.
    if (pair.slot >= grid.first && pair.slot < grid.end()) paint(pair.slot);
}

/// "host half" and "nested half", with where each is and how many entries it has.
void draw_half_title(const Look& look, const char* name, PhysAddr place,
                     const std::array<Cell, kEntriesPerTable>& cells) {
    const auto used =
        std::count_if(cells.begin(), cells.end(), [](const Cell& cell) { return cell.kind != CellKind::Empty; });
    text_in(look.accent, "%s", name);
    ImGui::SameLine();
    text_in(look.quiet, "0x%" PRIx64 "  %ld of 512", place.raw, static_cast<long>(used));
}

void draw_tooltip(const PairPicture& pair, int slot, NestedFormat format, const Look& look) {
    const auto index = static_cast<usize>(slot);
    ImGui::BeginTooltip();
    const u64 address = pair.base + index * bytes_per_entry(pair.level);
    ImGui::Text("slot %d: 0x%" PRIx64 ", %s", slot, address, span_name(pair.level));
    ImGui::Text("host    %016" PRIx64 "  %s", pair.host[index].raw,
                describe_entry(pair.host[index].raw, EntryFormat::Host, pair.level).c_str());
    ImGui::Text("nested  %016" PRIx64 "  %s", pair.nested[index].raw,
                describe_entry(pair.nested[index].raw, entry_format(format), pair.level).c_str());
    if (pair.violations[index] != Violation::None) text_in(look.wrong, "%s", explain(pair.violations[index]));
    ImGui::EndTooltip();
}

/// Selects the first address that a slot translates.
void go_to_slot(const Picture& picture, const PairPicture& pair, int slot, Requests& requests) {
    Selection there = picture.selection;
    there.step = -1;
    there.address = pair.base + static_cast<u64>(slot) * bytes_per_entry(pair.level);
    // Addresses above the hole in the middle of the space continue the sign.
    if (there.address >> 47) there.address |= ~0ULL << 48;
    if (there.kind == AddressKind::GuestVirt || !in_window(VirtAddr(there.address))) there.kind = AddressKind::Ring3;
    requests.push_back(Select{there});
}

/// Closer, or further away.
void zoom(PairViewState& state, int by) {
    state.zoom = by > 0 ? std::min(state.zoom * 2, kMostZoom) : std::max(state.zoom / 2, 1U);
}

void mark_cells(const Grid& grid, const char* half) {
    if (!Landmarks::listener) return;
    for (unsigned slot = grid.first; slot < grid.end(); ++slot) {
        const ImVec2 from = grid.corner(slot);
        mark_place(from, grid.end_of(slot), "%s %u", half, slot);
    }
}

/// Both halves, cell beside cell. A click chooses the slot that is taken apart below, a double click goes there.
void draw_halves(const Picture& picture, const PairPicture& pair, PairViewState& state, const Look& look, float height,
                 Requests& requests) {
    const float gap = scaled(20), width = ImGui::GetContentRegionAvail().x;
    const ImVec2 from = ImGui::GetCursorScreenPos(), half{(width - gap) / 2, height};
    const float second = std::floor((width + gap) / 2);
    const NestedFormat format = picture.snapshot->format;
    draw_half_title(look, "host half", pair.place, pair.host);
    ImGui::SameLine(ImGui::GetCursorPosX() + second);
    draw_half_title(look, format == NestedFormat::Ept ? "nested half (EPT)" : "nested half (NPT)",
                    pair.place + kPageBytes, pair.nested);
    const int chosen = state.chosen >= 0 ? state.chosen : static_cast<int>(pair.slot);
    const float top = from.y + row() + scaled(5);
    const Grid host = grid_around(static_cast<unsigned>(chosen), state.zoom, {from.x, top}, half);
    const Grid nested = grid_around(static_cast<unsigned>(chosen), state.zoom, {from.x + second, top}, half);
    ImGui::SetCursorScreenPos(host.from);
    ImGui::InvisibleButton("halves", {width, host.cell.y * static_cast<float>(host.rows_shown)});
    mark_cells(host, "host");
    mark_cells(nested, "nested");
    int hovered = -1;
    if (ImGui::IsItemHovered()) {
        const ImVec2 mouse = ImGui::GetIO().MousePos;
        hovered = std::max(host.slot_at(mouse), nested.slot_at(mouse));
    }
    draw_half(host, pair, pair.host, hovered, chosen, look);
    draw_half(nested, pair, pair.nested, hovered, chosen, look);
    if (hovered < 0) return;
    draw_tooltip(pair, hovered, format, look);
    if (ImGui::IsMouseClicked(0)) state.chosen = hovered;
    if (const float wheel = ImGui::GetIO().MouseWheel; wheel != 0) {
        if (wheel > 0) state.chosen = hovered;
        zoom(state, wheel > 0 ? 1 : -1);
    }
    if (ImGui::IsMouseDoubleClicked(0)) go_to_slot(picture, pair, hovered, requests);
}

/// The arrow keys move the slot that is taken apart, Enter goes there, page up and page down change the level shown, plus
/// and minus the size of the cells.
void take_keys(const Picture& picture, const PairPicture& pair, PairViewState& state, const Keystrokes& keys,
               Requests& requests) {
    const int columns = static_cast<int>(kColumns / state.zoom), last = static_cast<int>(kEntriesPerTable) - 1;
    const int levels = static_cast<int>(picture.path.size());
    for (const Keystroke& stroke : keys) {
        const int before = state.chosen >= 0 ? state.chosen : static_cast<int>(pair.slot);
        int chosen = before;
        switch (stroke.key) {
        case Key::Left: --chosen; break;
        case Key::Right: ++chosen; break;
        case Key::Up: chosen -= columns; break;
        case Key::Down: chosen += columns; break;
        case Key::Enter: go_to_slot(picture, pair, chosen, requests); break;
        case Key::PageUp: state.shown -= state.shown > 0; break;
        case Key::PageDown: state.shown += state.shown + 1 < levels; break;
        case Key::Character:
            if (stroke.character == '+' || stroke.character == '-') zoom(state, stroke.character == '+' ? 1 : -1);
            break;
        default: break;
        }
        if (chosen != before && chosen >= 0 && chosen <= last) state.chosen = chosen;
    }
}

void draw_legend(const Look& look) {
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const auto sample = [&](const Cell& cell, unsigned level, const CellMarks& marks, const char* text) {
        const ImVec2 from = ImGui::GetCursorScreenPos();
        draw_cell(list, look, {from.x, from.y}, {from.x + scaled(12), from.y + row()}, cell, level, marks);
        ImGui::Dummy({scaled(12), row()});
        ImGui::SameLine(0, scaled(5));
        text_in(look.quiet, "%s", text);
        ImGui::SameLine(0, scaled(14));
    };
    const Cell page{1, CellKind::Leaf, {true, true, true}, true, true};
    sample({}, 1, {}, "empty");
    sample({1, CellKind::Table, {}, true, false}, 1, {}, "table");
    sample(page, 1, {}, "4K, bars r w x");
    sample(page, 2, {}, "2M");
    sample(page, 3, {}, "1G");
    sample({}, 1, {true, false, false, Violation::None}, "path");
    sample({}, 1, {false, true, false, Violation::None}, "changed");
    sample({}, 1, {false, false, false, Violation::DifferentRights}, "wrong");
    text_in(look.quiet, "feet: accessed, dirty");
}

/// One slot in full: both entries as the manuals draw them, in words, and judged.
void draw_chosen(const Picture& picture, const PairPicture& pair, const PairViewState& state, const Look& look,
                 Requests& requests) {
    const usize slot = state.chosen >= 0 ? static_cast<usize>(state.chosen) : pair.slot;
    const NestedFormat format = picture.snapshot->format;
    const u64 address = pair.base + slot * bytes_per_entry(pair.level);
    text_in(look.accent, "slot %zu", slot);
    ImGui::SameLine();
    text_in(look.quiet, "%s entry for %s from 0x%" PRIx64, table_name(pair.level), span_name(pair.level), address);
    if (picture.snapshot->state == MachineState::Stopped) {
        ImGui::SameLine();
        if (ImGui::SmallButton("run until it changes")) requests.push_back(RunToEntryChange{address, pair.level});
    }
    if (pair.violations[slot] != Violation::None) {
        ImGui::SameLine();
        text_in(look.wrong, "WRONG: %s", explain(pair.violations[slot]));
    }
    draw_entry_fields(look, {pair.host[slot].raw, pair.nested[slot].raw, format, pair.level, pair.violations[slot]});
}

}  // namespace

void draw_pair_view(const Picture& picture, PairViewState& state, const Look& look, const Keystrokes& keys,
                    Requests& requests) {
    if (picture.path.empty()) {
        text_in(look.quiet, "no process yet: the pairs appear as soon as one is there");
        return;
    }
    if (state.for_address != picture.pair_address || state.for_step != picture.step ||
        state.for_length != picture.path.size()) {
        state = {-1, -1, picture.pair_address, picture.step, picture.path.size(), state.zoom};
    }
    const int last = static_cast<int>(picture.path.size()) - 1;
    if (state.shown < 0 || state.shown > last) {
        state.shown =
            picture.pair_level == 0 ? last : std::min(last, static_cast<int>(kRootLevel - picture.pair_level));
    }
    take_keys(picture, picture.path[static_cast<usize>(state.shown)], state, keys, requests);
    draw_path(picture, state, look);
    const PairPicture& pair = picture.path[static_cast<usize>(state.shown)];
    if (!pair.known) {
        text_in(look.wrong, "the pair at 0x%" PRIx64 " was not read", pair.place.raw);
        return;
    }
    // What stands below: the legend, a line, the heading, the diagram of both entries, and each in words.
    const float below = 9 * row() + scaled(76);
    const float height = std::max(kRows * 8.0F, ImGui::GetContentRegionAvail().y - below);
    draw_halves(picture, pair, state, look, height, requests);
    draw_legend(look);
    ImGui::Separator();
    draw_chosen(picture, pair, state, look, requests);
}

}  // namespace debugger
