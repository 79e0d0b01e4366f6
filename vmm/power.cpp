// SPDX-License-Identifier: MIT
/// @file
/// @brief Power-off and reset: the ACPI sleep and reset registers.
/// @chapter vmm
#include "vmm/power.h"

namespace vmm {
namespace {

constexpr std::uint8_t kSleepEnable = 1 << 5;
constexpr unsigned kSleepTypeShift = 2;
constexpr std::uint8_t kSleepTypeMask = 7;

}  // namespace

void PowerControl::write(std::uint64_t offset, unsigned /*size*/, std::uint64_t value) {
    const auto byte = static_cast<std::uint8_t>(value);
    if (offset == kSleepControl && (byte & kSleepEnable) != 0) {
        if ((byte >> kSleepTypeShift & kSleepTypeMask) == kSoftOffType) end_.end({kStatusGood, ""});
    } else if (offset == kReset && byte == kResetValue) {
        reset();
    }
}

void PowerControl::reset() {
    if (interrupts_.shut_down()) {
        end_.end({kStatusGood, "the guest rebooted; its machine ends here"});
    } else {
        end_.end({kStatusCrash, "the guest reset its machine without shutting it down, as after a panic"});
    }
}

}  // namespace vmm
