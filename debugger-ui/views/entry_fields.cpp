// SPDX-License-Identifier: MIT
/// @file
/// @brief The register diagram of an entry and its nested entry.
/// @chapter pair
#include <algorithm>
#include <cinttypes>
#include <cmath>

#include "debugger-ui/views/pair_view.h"

namespace debugger {
namespace {

/// Where each bit lies from left to right: the wide fields get more room, so that both halves' bits stand over each other.
class Ruler {
   public:
    Ruler(float from, float width) : from_(from) {
        // Bits 63, 62:52, 51:12, then 11 to 0 each alone: in units of one narrow column.
        constexpr float kAvailable = 2.0F, kFrame = 3.6F;
        unit_ = std::floor(width / (1 + kAvailable + kFrame + 12));
        available_ = kAvailable * unit_;
        frame_ = kFrame * unit_;
    }
    float left(unsigned high) const {
        if (high == 63) return from_;
        if (high >= 52) return from_ + unit_;
        if (high >= 12) return from_ + unit_ + available_;
        return from_ + unit_ + available_ + frame_ + unit_ * static_cast<float>(11 - high);
    }
    float right(unsigned low) const {
        if (low == 63) return from_ + unit_;
        if (low >= 52) return from_ + unit_ + available_;
        if (low >= 12) return from_ + unit_ + available_ + frame_;
        return left(low) + unit_;
    }

   private:
    float from_, unit_, available_, frame_;
};

void centred(ImDrawList& list, float left, float right, float y, ImU32 colour, const char* text) {
    const float width = ImGui::CalcTextSize(text).x;
    list.AddText({std::floor((left + right - width) / 2), y}, colour, text);
}

void draw_bit_numbers(ImDrawList& list, const Ruler& ruler, float y, const Look& look) {
    centred(list, ruler.left(63), ruler.right(63), y, look.quiet, "63");
    centred(list, ruler.left(62), ruler.right(52), y, look.quiet, "62:52");
    centred(list, ruler.left(51), ruler.right(12), y, look.quiet, "51:12");
    for (unsigned bit = 0; bit < 12; ++bit) {
        char text[8];
        std::snprintf(text, sizeof(text), "%u", bit);
        centred(list, ruler.left(bit), ruler.right(bit), y, look.quiet, text);
    }
}

/// Whether a field breaks the law of the pair: it differs, and no processor set it. A table's address is to be 4096 higher.
bool is_at_fault(const EntryField& field, const SlotEntries& slot) {
    const bool table = slot.violation == Violation::TableNotBehind;
    if (field.low == 12) return table || field.value(slot.host) != field.value(slot.nested);
    if (table || slot.format == NestedFormat::Ept) return false;
    const u64 by_processor = HostEntry::A | HostEntry::D;
    return field.value((slot.host ^ slot.nested) & ~by_processor) != 0;
}

/// One entry: a box for each field, the name above the value. What is set stands out.
void draw_fields(const Ruler& ruler, float y, const SlotEntries& slot, EntryFormat format, const Look& look) {
    const u64 entry = format == EntryFormat::Host ? slot.host : slot.nested;
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const float height = 2 * row() + scaled(4);
    for (const EntryField& field : fields_of(format, slot.level, entry)) {
        const float left = ruler.left(field.high), right = ruler.right(field.low);
        const u64 value = field.value(entry);
        char text[24];
        std::snprintf(text, sizeof(text), field.low == 12 && field.bits() > 12 ? "%" PRIx64 "000" : "%" PRIx64, value);
        if (field.low == 12 && value == 0) std::snprintf(text, sizeof(text), "0");
        const ImVec2 from{left, y}, to{right - 1, y + height};
        list.AddRectFilled(from, to, value ? faded(look.accent, 0.14F) : look.panel);
        const bool wrong = slot.violation != Violation::None && is_at_fault(field, slot);
        draw_frame(list, from, to, wrong ? look.wrong : look.line, wrong ? 2.0F : 1.0F);
        centred(list, left, right, y + 1, value ? look.text : look.quiet, field.name);
        centred(list, left, right, y + row() + 2, value ? look.text : look.quiet, text);
        if (ImGui::IsMouseHoveringRect(from, to)) ImGui::SetTooltip("%s: %s", field.name, field.meaning);
    }
}

}  // namespace

void draw_entry_fields(const Look& look, const SlotEntries& slot) {
    const EntryFormat nested = entry_format(slot.format);
    const ImVec2 from = ImGui::GetCursorScreenPos();
    const float names = columns(8), height = 2 * row() + scaled(7);
    const Ruler ruler(from.x + names, ImGui::GetContentRegionAvail().x - names);
    ImDrawList& list = *ImGui::GetWindowDrawList();
    draw_bit_numbers(list, ruler, from.y, look);
    float y = from.y + row() + 2;
    list.AddText({from.x, y + row() / 2}, look.text, "host");
    draw_fields(ruler, y, slot, EntryFormat::Host, look);
    y += height;
    list.AddText({from.x, y + row() / 2}, look.text, "nested");
    draw_fields(ruler, y, slot, nested, look);
    ImGui::Dummy({0, row() + 2 + 2 * height});
    text_in(look.text, "host   %016" PRIx64 "  %s", slot.host,
            describe_entry(slot.host, EntryFormat::Host, slot.level).c_str());
    text_in(look.text, "nested %016" PRIx64 "  %s", slot.nested,
            describe_entry(slot.nested, nested, slot.level).c_str());
}

}  // namespace debugger
