// SPDX-License-Identifier: MIT
/// @file
/// @brief The time line: every fault of the trace ring, a moment to look at, and guest-physical space filling up.
/// @chapter observability
#pragma once

#include "debugger-ui/model/request.h"
#include "debugger-ui/views/look.h"

namespace debugger {

/// What this view remembers.
struct TimelineViewState {
    bool playing = false;
    float per_second = 60;  ///< faults a second while playing
    float owed = 0;         ///< the fraction of a fault that is still to be played
    bool follow = true;     ///< while playing or stepping, the address shown is the fault's
    char range[64] = {};    ///< the filter's range, as it is typed
};

/// `seconds`: since the frame before.
void draw_timeline_view(const Picture& picture, TimelineViewState& state, const Look& look, float seconds,
                        Requests& requests);

/// Goes one fault back (-1) or on (1).
void step_time(const Picture& picture, const TimelineViewState& state, int by, Requests& requests);

/// "0x1000-0x2000" or "0x1000" (4 KiB from there) as a range; empty text is everything. False: it is neither.
bool parse_range(const char* text, u64& begin, u64& end);

}  // namespace debugger
