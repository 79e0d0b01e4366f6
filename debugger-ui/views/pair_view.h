// SPDX-License-Identifier: MIT
/// @file
/// @brief The pair: both halves of each table on the way to an address, side by side.
/// @chapter pair
#pragma once

#include "debugger-ui/model/request.h"
#include "debugger-ui/views/input.h"
#include "debugger-ui/views/look.h"

namespace debugger {

/// What this view remembers.
struct PairViewState {
    int shown = -1;   ///< index into the path of the pair shown large; -1: the last one
    int chosen = -1;  ///< the slot taken apart below; -1: the one on the path
    u64 for_address = 0;
    usize for_step = 0;    ///< the walk's step, and
    usize for_length = 0;  ///< the path that `shown` and `chosen` were chosen for
    unsigned zoom = 1;     ///< 1, 2, 4, 8: how much larger cells are; the slots around the one taken apart are shown
};

/// Paints into the window that ImGui has open, as wide and high as that is.
void draw_pair_view(const Picture& picture, PairViewState& state, const Look& look, const Keystrokes& keys,
                    Requests& requests);

/// The two entries of one slot.
struct SlotEntries {
    u64 host, nested;
    NestedFormat format;
    unsigned level;
    Violation violation;
};
/// The fields of an entry of both halves as the manuals draw them, bit over bit.
/// What breaks the law of the pair has a red frame.
void draw_entry_fields(const Look& look, const SlotEntries& slot);

}  // namespace debugger
