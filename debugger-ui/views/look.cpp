// SPDX-License-Identifier: MIT
/// @file
/// @brief Two themes and small helpers for text.
/// @chapter observability
#include "debugger-ui/views/look.h"

#include <cmath>
#include <cstdarg>

namespace debugger {
namespace {

constexpr ImU32 kBlue = IM_COL32(0, 114, 178, 255);
constexpr ImU32 kSky = IM_COL32(86, 180, 233, 255);
constexpr ImU32 kGreen = IM_COL32(0, 158, 115, 255);
constexpr ImU32 kOrange = IM_COL32(230, 159, 0, 255);
constexpr ImU32 kPurple = IM_COL32(204, 121, 167, 255);
constexpr ImU32 kYellow = IM_COL32(240, 228, 66, 255);

constexpr Look kLight{
    .window = IM_COL32(250, 250, 248, 255),
    .panel = IM_COL32(255, 255, 255, 255),
    .line = IM_COL32(214, 214, 208, 255),
    .text = IM_COL32(28, 30, 34, 255),
    .quiet = IM_COL32(104, 108, 116, 255),
    .comment = IM_COL32(0, 110, 84, 255),
    .accent = kBlue,
    .path = IM_COL32(20, 20, 20, 255),
    .empty = IM_COL32(238, 238, 234, 255),
    .table = IM_COL32(96, 100, 108, 255),
    .page_4k = kBlue,
    .page_2m = kGreen,
    .page_1g = IM_COL32(160, 80, 130, 255),
    .changed = IM_COL32(248, 226, 120, 255),
    .wrong = IM_COL32(200, 30, 20, 255),
    .wrong_back = IM_COL32(255, 222, 214, 255),
    .ring3 = IM_COL32(196, 128, 0, 255),
    .ring_v = kBlue,
    .kernel = IM_COL32(150, 90, 130, 255),
    .dark = false,
};

constexpr Look kDark{
    .window = IM_COL32(24, 26, 30, 255),
    .panel = IM_COL32(31, 34, 39, 255),
    .line = IM_COL32(62, 66, 74, 255),
    .text = IM_COL32(232, 232, 226, 255),
    .quiet = IM_COL32(156, 160, 168, 255),
    .comment = IM_COL32(126, 190, 150, 255),
    .accent = kSky,
    .path = IM_COL32(255, 255, 255, 255),
    .empty = IM_COL32(42, 45, 51, 255),
    .table = IM_COL32(168, 172, 180, 255),
    .page_4k = kSky,
    .page_2m = IM_COL32(60, 196, 150, 255),
    .page_1g = kPurple,
    .changed = IM_COL32(112, 98, 20, 255),
    .wrong = IM_COL32(255, 96, 72, 255),
    .wrong_back = IM_COL32(88, 28, 22, 255),
    .ring3 = kOrange,
    .ring_v = kSky,
    .kernel = kYellow,
    .dark = true,
};

}  // namespace

const Look& Look::light() { return kLight; }
const Look& Look::dark_theme() { return kDark; }

ImU32 Look::cause(abi::TraceCause cause) const {
    switch (cause) {
    case abi::TraceCause::Ring3: return ring3;
    case abi::TraceCause::RingV: return ring_v;
    case abi::TraceCause::Kernel: return kernel;
    }
    return quiet;
}

void Look::apply() const {
    ImGuiStyle& style = ImGui::GetStyle();
    if (dark) {
        ImGui::StyleColorsDark();
    } else {
        ImGui::StyleColorsLight();
    }
    // No round corners: SDL's software renderer fills rectangles fast, and polygons pixel by pixel.
    style.WindowRounding = style.ChildRounding = style.FrameRounding = style.TabRounding = style.GrabRounding = 0;
    style.WindowBorderSize = 0;
    style.FrameBorderSize = 1;
    // All measures grow with the text: a screen with twice the pixels shows the same picture.
    style.WindowPadding = style.FramePadding = {scaled(8), scaled(4)};
    style.ItemSpacing = {scaled(8), scaled(5)};
    style.ScrollbarSize = style.GrabMinSize = scaled(12);
    style.AntiAliasedLinesUseTex = false;
    const auto set = [&](ImGuiCol place, ImU32 colour) { style.Colors[place] = vector_from(colour); };
    set(ImGuiCol_WindowBg, window);
    set(ImGuiCol_ChildBg, panel);
    set(ImGuiCol_PopupBg, panel);
    set(ImGuiCol_Border, line);
    set(ImGuiCol_Separator, line);
    set(ImGuiCol_Text, text);
    set(ImGuiCol_TextDisabled, quiet);
    set(ImGuiCol_FrameBg, panel);
    set(ImGuiCol_Button, panel);
    // The text of a slider stays readable through its handle.
    set(ImGuiCol_SliderGrab, faded(accent, 0.45F));
    set(ImGuiCol_SliderGrabActive, faded(accent, 0.6F));
    set(ImGuiCol_CheckMark, accent);
    for (const auto place : {ImGuiCol_ButtonHovered, ImGuiCol_FrameBgHovered, ImGuiCol_HeaderHovered}) {
        set(place, faded(accent, 0.22F));
    }
    for (const auto place : {ImGuiCol_ButtonActive, ImGuiCol_FrameBgActive, ImGuiCol_HeaderActive, ImGuiCol_Header}) {
        set(place, faded(accent, 0.34F));
    }
}

ImU32 faded(ImU32 colour, float opacity) {
    const auto alpha = static_cast<ImU32>(opacity * static_cast<float>((colour >> IM_COL32_A_SHIFT) & 0xff));
    return (colour & ~IM_COL32_A_MASK) | alpha << IM_COL32_A_SHIFT;
}

ImU32 mixed(ImU32 ground, ImU32 colour, float part) {
    const auto above = static_cast<ImU32>(part * 256);
    ImU32 mixture = IM_COL32_A_MASK;
    for (const int shift : {IM_COL32_R_SHIFT, IM_COL32_G_SHIFT, IM_COL32_B_SHIFT}) {
        const ImU32 a = ground >> shift & 0xff, b = colour >> shift & 0xff;
        mixture |= (a * (256 - above) + b * above) >> 8 << shift;
    }
    return mixture;
}

void draw_frame(ImDrawList& list, ImVec2 from, ImVec2 to, ImU32 colour, float thickness) {
    list.AddRectFilled(from, {to.x, from.y + thickness}, colour);
    list.AddRectFilled({from.x, to.y - thickness}, to, colour);
    list.AddRectFilled({from.x, from.y + thickness}, {from.x + thickness, to.y - thickness}, colour);
    list.AddRectFilled({to.x - thickness, from.y + thickness}, {to.x, to.y - thickness}, colour);
}

ImVec4 vector_from(ImU32 colour) { return ImGui::ColorConvertU32ToFloat4(colour); }
float scaled(float pixels) { return std::round(pixels * ImGui::GetFontSize() / 15); }
float row() { return ImGui::GetTextLineHeight(); }
float columns(float count) { return count * ImGui::CalcTextSize("0").x; }

void text_in(ImU32 colour, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    ImGui::TextColoredV(vector_from(colour), format, arguments);
    va_end(arguments);
}

void heading(const Look& look, const char* text) {
    text_in(look.accent, "%s", text);
    ImGui::Separator();
}

}  // namespace debugger
