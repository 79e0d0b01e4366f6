// SPDX-License-Identifier: MIT
/// @file
/// @brief Paints ImGui's triangles into memory: the same bytes on every computer, with a graphics card or without.
/// @chapter observability
#pragma once

#include <cstdint>
#include <span>
#include <vector>

struct ImDrawCmd;
struct ImDrawData;
struct ImDrawList;
struct ImDrawVert;
struct ImVec4;

namespace debugger {

/// A picture: pixels of four bytes, red first, rows from above.
class Canvas {
   public:
    void resize(int width, int height);
    int width() const { return width_; }
    int height() const { return height_; }
    std::uint32_t* row(int y) {
        return pixels_.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width_);
    }
    const std::vector<std::uint32_t>& pixels() const { return pixels_; }

   private:
    int width_ = 0, height_ = 0;
    std::vector<std::uint32_t> pixels_;
};

/// The font's characters: how opaque each texel is.
struct FontMask {
    const std::uint8_t* texels = nullptr;
    int width = 0, height = 0;
};

/// Paints whole frames. Nearly all of ImGui's triangles come in pairs that make a rectangle, and those are filled, or
/// copied from the font, row by row.
class Raster {
   public:
    explicit Raster(FontMask font) : font_(font) {}
    /// Paints a frame, whose first window covers the canvas: what was there before shows nowhere.
    void paint(const ImDrawData& data, Canvas& canvas) const;

   private:
    struct Clip {
        int left, top, right, bottom;
    };
    static Clip clip_of(const ImVec4& rect, const Canvas& canvas);
    void paint_command(const ImDrawList& list, const ImDrawCmd& command, Canvas& canvas) const;
    void paint_rectangle(const ImDrawVert& from, const ImDrawVert& to, const Clip& clip, Canvas& canvas) const;
    void copy_character(const ImDrawVert& from, const ImDrawVert& to, const Clip& clip, Canvas& canvas) const;
    static void paint_triangle(std::span<const ImDrawVert* const, 3> corners, const Clip& clip, Canvas& canvas);

    FontMask font_;
};

}  // namespace debugger
