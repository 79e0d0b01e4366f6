// SPDX-License-Identifier: MIT
/// @file
/// @brief The kernel's own debugger stub on the second serial port: stops the machine for gdb and lets it go on.
/// @chapter observability
#pragma once

#include <span>

#include "mm/frames.h"

namespace stub {

/// Looks for a second serial port, and listens there if there is one. `ram`: what a debugger may read; it outlives the kernel.
/// After the I/O APIC. Without such a port nothing is changed.
void init(std::span<const PhysRange> ram);

/// Makes the other cores stand as they are, with or without a port; nothing lets them go again.
void stop_other_cores();

/// Stops the machine for good, for a debugger to look at. Comes back when none is attached and none was asked to be waited for
/// (`panic=wait`), or where there is no port.
enum class Patience : unsigned char { WhileAttached, ForEver };
void stay_after_panic(Patience patience);

}  // namespace stub
