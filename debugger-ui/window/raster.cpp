// SPDX-License-Identifier: MIT
/// @file
/// @brief Rectangles, characters and triangles as pixels.
/// @chapter observability
#include "debugger-ui/window/raster.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>

namespace debugger {
namespace {

/// ImGui writes a rectangle, and a character, as these two triangles of four corners in a row.
constexpr unsigned kQuad[] = {0, 1, 2, 0, 2, 3};
constexpr unsigned kQuadIndices = 6;
/// An edge that runs through the middle of pixels is in both triangles that share it, rather than in neither.
constexpr float kEdge = -1e-3F;
constexpr std::uint32_t kOpaque = 255, kOpaqueBlack = 0xff00'0000;

constexpr std::uint32_t alpha_of(std::uint32_t colour) { return colour >> IM_COL32_A_SHIFT & 0xff; }

/// `colour` over `ground` with `alpha` of 255 parts; red and blue at once, then green.
std::uint32_t blend(std::uint32_t ground, std::uint32_t colour, std::uint32_t alpha) {
    constexpr std::uint32_t kOuter = 0x00ff'00ff, kGreen = 0x0000'ff00;
    const std::uint32_t part = alpha + (alpha >> 7);  // of 256
    const std::uint32_t outer = ((ground & kOuter) * (256 - part) + (colour & kOuter) * part) >> 8 & kOuter;
    const std::uint32_t green = ((ground & kGreen) * (256 - part) + (colour & kGreen) * part) >> 8 & kGreen;
    return kOpaqueBlack | outer | green;
}

/// Four at a time, which compilers make one wide store.
void fill(std::uint32_t* from, const std::uint32_t* to, std::uint32_t colour) {
    constexpr int kAtOnce = 4;
    for (; to - from >= kAtOnce; from += kAtOnce) {
        for (int at = 0; at < kAtOnce; ++at) from[at] = colour;
    }
    while (from != to) *from++ = colour;
}

int pixel(float place) { return static_cast<int>(std::lround(place)); }

/// Twice the area of a triangle, with the sign of its turning.
float cross(const ImVec2& a, const ImVec2& b, float x, float y) {
    return (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x);
}

bool is_rectangle(const ImDrawVert* vertices, const ImDrawIdx* indices) {
    for (unsigned index = 1; index < kQuadIndices; ++index) {
        if (indices[index] != indices[0] + kQuad[index]) return false;
    }
    const ImDrawVert* corner = vertices + indices[0];
    const ImVec2 a = corner[0].pos, b = corner[1].pos, c = corner[2].pos, d = corner[3].pos;
    return corner[0].col == corner[1].col && corner[0].col == corner[2].col && corner[0].col == corner[3].col &&
           a.y == b.y && c.y == d.y && a.x == d.x && b.x == c.x && a.x <= b.x && a.y <= d.y;
}

}  // namespace

void Canvas::resize(int width, int height) {
    width_ = width;
    height_ = height;
    pixels_.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
}

Raster::Clip Raster::clip_of(const ImVec4& rect, const Canvas& canvas) {
    return {std::max(0, static_cast<int>(rect.x)), std::max(0, static_cast<int>(rect.y)),
            std::min(canvas.width(), static_cast<int>(rect.z)), std::min(canvas.height(), static_cast<int>(rect.w))};
}

void Raster::paint(const ImDrawData& data, Canvas& canvas) const {
    for (int which = 0; which < data.CmdListsCount; ++which) {
        const ImDrawList& list = *data.CmdLists[which];
        for (const ImDrawCmd& command : list.CmdBuffer) paint_command(list, command, canvas);
    }
}

void Raster::paint_command(const ImDrawList& list, const ImDrawCmd& command, Canvas& canvas) const {
    const Clip clip = clip_of(command.ClipRect, canvas);
    const ImDrawVert* vertices = list.VtxBuffer.Data + command.VtxOffset;
    const ImDrawIdx* indices = list.IdxBuffer.Data + command.IdxOffset;
    for (unsigned at = 0; at < command.ElemCount;) {
        if (at + kQuadIndices <= command.ElemCount && is_rectangle(vertices, indices + at)) {
            const ImDrawVert &from = vertices[indices[at]], &to = vertices[indices[at] + 2];
            if (from.uv.x == to.uv.x && from.uv.y == to.uv.y) {
                paint_rectangle(from, to, clip, canvas);
            } else {
                copy_character(from, to, clip, canvas);
            }
            at += kQuadIndices;
        } else {
            const ImDrawVert* corners[] = {&vertices[indices[at]], &vertices[indices[at + 1]],
                                           &vertices[indices[at + 2]]};
            paint_triangle(corners, clip, canvas);
            at += 3;
        }
    }
}

void Raster::paint_rectangle(const ImDrawVert& from, const ImDrawVert& to, const Clip& clip, Canvas& canvas) const {
    const int left = std::max(pixel(from.pos.x), clip.left), right = std::min(pixel(to.pos.x), clip.right);
    const int top = std::max(pixel(from.pos.y), clip.top), bottom = std::min(pixel(to.pos.y), clip.bottom);
    const std::uint32_t alpha = alpha_of(from.col);
    if (left >= right || alpha == 0) return;
    for (int y = top; y < bottom; ++y) {
        std::uint32_t* row = canvas.row(y);
        if (alpha == kOpaque) {
            fill(row + left, row + right, from.col);
        } else {
            for (int x = left; x < right; ++x) row[x] = blend(row[x], from.col, alpha);
        }
    }
}

void Raster::copy_character(const ImDrawVert& from, const ImDrawVert& to, const Clip& clip, Canvas& canvas) const {
    const int x0 = pixel(from.pos.x), y0 = pixel(from.pos.y);
    const int u0 = pixel(from.uv.x * static_cast<float>(font_.width)),
              v0 = pixel(from.uv.y * static_cast<float>(font_.height));
    const int right = std::min({pixel(to.pos.x), clip.right, x0 + font_.width - u0});
    const int bottom = std::min({pixel(to.pos.y), clip.bottom, y0 + font_.height - v0});
    const std::uint32_t alpha = alpha_of(from.col);
    for (int y = std::max(y0, clip.top); y < bottom; ++y) {
        std::uint32_t* row = canvas.row(y);
        const std::uint8_t* mask = font_.texels + (v0 + y - y0) * font_.width + u0 - x0;
        for (int x = std::max(x0, clip.left); x < right; ++x) {
            if (mask[x] != 0) row[x] = blend(row[x], from.col, mask[x] * alpha / kOpaque);
        }
    }
}

void Raster::paint_triangle(std::span<const ImDrawVert* const, 3> corners, const Clip& clip, Canvas& canvas) {
    const ImVec2 a = corners[0]->pos, b = corners[1]->pos, c = corners[2]->pos;
    const float area = cross(a, b, c.x, c.y);
    if (area == 0) return;
    const int left = std::max(static_cast<int>(std::floor(std::min({a.x, b.x, c.x}))), clip.left);
    const int right = std::min(static_cast<int>(std::ceil(std::max({a.x, b.x, c.x}))), clip.right);
    const int top = std::max(static_cast<int>(std::floor(std::min({a.y, b.y, c.y}))), clip.top);
    const int bottom = std::min(static_cast<int>(std::ceil(std::max({a.y, b.y, c.y}))), clip.bottom);
    // How much of two corners there is in a pixel grows evenly from one to the next.
    const float a_grows = (b.y - c.y) / area, b_grows = (c.y - a.y) / area;
    const auto alpha_a = static_cast<float>(alpha_of(corners[0]->col)),
               alpha_b = static_cast<float>(alpha_of(corners[1]->col)),
               alpha_c = static_cast<float>(alpha_of(corners[2]->col));
    for (int y = top; y < bottom; ++y) {
        std::uint32_t* row = canvas.row(y);
        const float px = static_cast<float>(left) + 0.5F, py = static_cast<float>(y) + 0.5F;
        const float first_a = cross(b, c, px, py) / area, first_b = cross(c, a, px, py) / area;
        for (int x = left; x < right; ++x) {
            const auto along = static_cast<float>(x - left);
            // All three are positive inside.
            const float of_a = first_a + along * a_grows, of_b = first_b + along * b_grows, of_c = 1 - of_a - of_b;
            if (of_a < kEdge || of_b < kEdge || of_c < kEdge) continue;
            // The corners differ in how opaque they are, where an edge is softened; not in colour.
            const float alpha = of_a * alpha_a + of_b * alpha_b + of_c * alpha_c;
            row[x] = blend(row[x], corners[0]->col, static_cast<std::uint32_t>(std::clamp(alpha, 0.0F, 255.0F)));
        }
    }
}

}  // namespace debugger
