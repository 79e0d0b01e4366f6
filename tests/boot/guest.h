// SPDX-License-Identifier: MIT
/// @file
/// @brief What the tests of guests share: a machine whose terminal is a shell in a guest.
/// @chapter testing
#pragma once

#include <string>

#include "tests/machine/machine.h"

namespace machine {

/// A boot of Twain, its VMM and Linux, on the slowest machine that should still do.
inline constexpr Seconds kGuestBoot{60};

/// Twain that starts a guest at once, as `make run` does. `memory` is the guest's, in MiB.
inline Options guest_options(unsigned memory = 512, TerminalSize terminal = {}) {
    return twain({.memory = std::to_string(memory + 512) + "M",
                  .words = "mode=guest guest_mem=" + std::to_string(memory) + "M",
                  .terminal = terminal});
}

/// A machine at the guest's first prompt.
struct Guest {
    explicit Guest(const Options& options = guest_options()) : machine(options) { shell.wait_for_prompt(kGuestBoot); }

    /// Types poweroff and returns how QEMU ended.
    ExitStatus power_off() {
        machine.console().type("poweroff\n");
        return machine.wait_for_end(Seconds(30));
    }

    Machine machine;
    Shell shell = machine.shell(kGuestPrompt);
};

}  // namespace machine
