// SPDX-License-Identifier: MIT
/// @file
/// @brief The other cores, brought to wait by NMI with their registers taken down, and let go again.
/// @chapter observability
#pragma once

#include "debug/stub_core.h"
#include "x86/cpu.h"

namespace stub {

/// Each core that stands, by its index.
extern StoppedCore stopped[kMaxCpus];

namespace hold {

/// Enters the NMI's handler. Before other cores start.
void init();

/// Waits until no other core has the stub, and takes it; a core that has it already keeps it. Interrupts are off. While it
/// waits, the core that has the stub can hold this one like any other.
void claim();
/// The core that has the stub makes the others wait, if they do not yet. One that does not answer within a second or so is
/// left out; it stands nowhere in `stopped`.
void stop_others();
/// Lets the others go, and the stub free for the next.
void let_go();
/// The others wait on while this core executes an instruction, until its next `claim`. The instruction may need one of them (a
/// lock, the answer to an interrupt), so after a tenth of a second or so they go on by themselves.
void keep_others_for_step();

}  // namespace hold
}  // namespace stub
