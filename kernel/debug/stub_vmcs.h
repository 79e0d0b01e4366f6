// SPDX-License-Identifier: MIT
/// @file
/// @brief What VMREAD says of each vCPU while the machine stands, put where a debugger can read it.
/// @chapter observability
#pragma once

namespace stub::vmcs {

/// Before other cores start: tells in `twain_debug` where the fields will be.
void init();
/// On a core that comes to stand: takes down the VMCS that this core has loaded, if it has one.
void take_current();
/// On the core that has the stub, when really all others stand: those that no core has loaded.
void take_others();
/// On a core that goes on: forgets what grows old now, which is all but what the cores that stay have loaded.
void forget();

}  // namespace stub::vmcs
