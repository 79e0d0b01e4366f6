// SPDX-License-Identifier: MIT
/// @file
/// @brief Which views the window shows, and where: four panes, each with some views behind tabs.
/// @chapter observability
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/types.h"

namespace debugger {

enum class View : u8 {
    Pair,
    Code,
    Memory,
    Console,
    Walk,
    Registers,
    Vcpu,
    Stack,
    Stops,
    Machine,
    Exits,
    Heat,
    Timeline,
    Log,
    Protocol
};
inline constexpr usize kViews = 15;

/// "pair", as scripts and settings call a view, and "The pair", as its tab does.
const char* name_of(View view);
const char* title_of(View view);
std::optional<View> view_from(std::string_view name);

enum class PanePlace : u8 { Left, Right, LowerRight, Below };
inline constexpr usize kPanes = 4;
const char* name_of(PanePlace place);

struct Pane {
    std::vector<View> views;
    usize front = 0;  ///< which of them is seen
    bool operator==(const Pane&) const = default;
};

/// A pane without views takes no room. Each view is in exactly one pane.
struct Layout {
    std::array<Pane, kPanes> panes{};
    float right_part = 0.27F;  ///< of the width, for both panes at the right
    float lower_part = 0.42F;  ///< of their height, for the lower one
    float below_part = 0.23F;  ///< of the height, for the pane below
    bool operator==(const Layout&) const = default;

    Pane& at(PanePlace place) { return panes[static_cast<usize>(place)]; }
    const Pane& at(PanePlace place) const { return panes[static_cast<usize>(place)]; }
    bool is_in_front(View view) const;
    /// Brings a view to the front of its pane.
    void show(View view);
    void move(View view, PanePlace to);
    /// Sets one pane by names, "pair *code memory", the star at the one in front. False, and nothing is changed, where one
    /// is no view. Views that no pane has any more go to the pane below.
    bool set(PanePlace place, std::string_view names);
    /// The reverse of `set`.
    std::string text_of(PanePlace place) const;
};

/// A layout that comes with the debugger.
struct NamedLayout {
    const char* name;  ///< "lab2"
    const char* what_for;
    const char* panes[kPanes];
    Layout make() const;
};
/// The first one is what a window has that nobody has arranged.
std::span<const NamedLayout> layouts();
/// Null where none has the name.
const NamedLayout* layout_called(std::string_view name);

}  // namespace debugger
