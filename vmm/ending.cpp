// SPDX-License-Identifier: MIT
/// @file
/// @brief How a machine ends: who says so first decides the message and the exit status.
/// @chapter vmm
#include "vmm/ending.h"

#include <utility>

namespace vmm {

void EndSwitch::end(Ending ending) {
    const std::scoped_lock held(lock_);
    if (ended()) return;
    ending_ = std::move(ending);
    ended_.store(true, std::memory_order_release);
}

}  // namespace vmm
