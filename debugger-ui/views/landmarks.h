// SPDX-License-Identifier: MIT
/// @file
/// @brief Where things were painted last, by name: a script, or a test with a real mouse, points at what a person sees.
/// @chapter testing
#pragma once

#include <imgui.h>

#include <map>
#include <string>

namespace debugger {

/// Only what can be seen, and so be clicked, is among them.
class Landmarks {
   public:
    struct Place {
        ImVec2 from, to;
        ImVec2 middle() const { return {(from.x + to.x) / 2, (from.y + to.y) / 2}; }
    };
    /// Notes of this frame, from the one before on, are forgotten.
    void clear() { places_.clear(); }
    void note(std::string name, ImVec2 from, ImVec2 to) { places_.insert_or_assign(std::move(name), Place{from, to}); }
    /// Null where nothing of that name is seen.
    const Place* find(const std::string& name) const;
    const std::map<std::string, Place>& all() const { return places_; }

    /// Whoever wants to know; null in a window that nobody asks. Painting belongs to one thread.
    static inline Landmarks* listener = nullptr;

   private:
    std::map<std::string, Place> places_;
};

/// Notes the item that ImGui has placed last.
void mark(const char* format, ...) IM_FMTARGS(1);
/// Notes a part of the window.
void mark_place(ImVec2 from, ImVec2 to, const char* format, ...) IM_FMTARGS(3);

}  // namespace debugger
