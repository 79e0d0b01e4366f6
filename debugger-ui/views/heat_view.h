// SPDX-License-Identifier: MIT
/// @file
/// @brief Guest-physical space as a map: how many faults each part has taken.
/// @chapter observability
#pragma once

#include "debugger-ui/model/request.h"
#include "debugger-ui/views/look.h"

namespace debugger {

/// A click, or the wheel, goes into the part under the mouse; the right button, or the wheel, comes out again: from the
/// window of 512 GiB to a page a cell.
void draw_heat_view(const Picture& picture, const Look& look, Requests& requests);

/// A number of bytes in its largest whole unit: "512 MiB".
const char* size_text(u64 bytes, char (&text)[24]);

}  // namespace debugger
