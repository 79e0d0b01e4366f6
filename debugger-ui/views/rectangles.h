// SPDX-License-Identifier: MIT
/// @file
/// @brief Many filled rectangles, for which a draw list makes room once for all rather than for each.
/// @chapter observability
#pragma once

#include <imgui.h>

namespace debugger {

/// Paints into a draw list. Other shapes go to `list()`, which keeps the order; nothing else may use the list meanwhile.
class Rectangles {
   public:
    explicit Rectangles(ImDrawList& list) : list_(list) {}
    ~Rectangles() { give_back(); }
    Rectangles(const Rectangles&) = delete;
    Rectangles& operator=(const Rectangles&) = delete;

    void add(ImVec2 from, ImVec2 to, ImU32 colour) {
        if (room_ == 0) list_.PrimReserve(kIndices * kRoom, kCorners * kRoom), room_ = kRoom;
        list_.PrimRect(from, to, colour);
        --room_;
    }
    /// The outline of a rectangle, as four filled ones.
    void add_frame(ImVec2 from, ImVec2 to, ImU32 colour, float thickness = 1) {
        add(from, {to.x, from.y + thickness}, colour);
        add({from.x, to.y - thickness}, to, colour);
        add({from.x, from.y + thickness}, {from.x + thickness, to.y - thickness}, colour);
        add({to.x - thickness, from.y + thickness}, {to.x, to.y - thickness}, colour);
    }
    ImDrawList& list() {
        give_back();
        return list_;
    }

   private:
    static constexpr int kIndices = 6, kCorners = 4, kRoom = 1024;  ///< so many corners have numbers of 16 bits

    void give_back() {
        if (room_ != 0) list_.PrimUnreserve(kIndices * room_, kCorners * room_);
        room_ = 0;
    }

    ImDrawList& list_;
    int room_ = 0;  ///< in rectangles
};

}  // namespace debugger
