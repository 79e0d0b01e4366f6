// SPDX-License-Identifier: MIT
/// @file
/// @brief Power-off and reset: the ACPI sleep and reset registers.
/// @chapter vmm
#pragma once

#include <array>

#include "vmm/device.h"
#include "vmm/ending.h"
#include "vmm/guest_memory.h"
#include "vmm/io_apic.h"

namespace vmm {

/// Where a processor in real mode starts, and where systems jump to reset the machine: Linux does, on a machine with
/// hardware-reduced ACPI and without EFI.
inline constexpr GuestPhys kResetVector{0xffff0};

/// The registers that hardware-reduced ACPI names in the FADT, as three ports.
/// @spec{ACPI 6.4, Sleep Control and Status Registers, 4.8.3.7}
class PowerControl final : public Device {
   public:
    static constexpr std::uint64_t kBase = 0x600;
    static constexpr std::uint64_t kSleepControl = 0;
    static constexpr std::uint64_t kSleepStatus = 1;
    static constexpr std::uint64_t kReset = 2;
    static constexpr std::uint64_t kSize = 3;
    static constexpr std::uint8_t kResetValue = 1;   ///< what the FADT says to write
    static constexpr std::uint8_t kSoftOffType = 5;  ///< the DSDT's \_S5

    /// `interrupts` tells an orderly reset, before which a driver masks every interrupt, from a crash.
    PowerControl(EndSwitch& end, const IoApic& interrupts) : end_(end), interrupts_(interrupts) {}

    /// Puts code at `kResetVector` that writes the reset register. Throws GuestError when there is no memory.
    static void write_reset_vector(const GuestMemory& memory) {
        // mov al, 1; mov dx, 0x602; out dx, al; then hlt for ever
        constexpr std::array<std::uint8_t, 9> kCode{0xb0, kResetValue, 0xba, 0x02, 0x06, 0xee, 0xf4, 0xeb, 0xfd};
        static_assert(kBase + kReset == 0x602);
        memory.store(kResetVector, kCode);
    }

    std::uint64_t read(std::uint64_t /*offset*/, unsigned /*size*/) override { return 0; }
    void write(std::uint64_t offset, unsigned /*size*/, std::uint64_t value) override {
        const auto byte = static_cast<std::uint8_t>(value);
        if (offset == kSleepControl && (byte & kSleepEnable) != 0) {
            if ((byte >> kSleepTypeShift & kSleepTypeMask) == kSoftOffType) end_.end({kStatusGood, ""});
        } else if (offset == kReset && byte == kResetValue) {
            reset();
        }
    }

    static constexpr std::uint8_t kSleepEnable = 1 << 5;
    static constexpr unsigned kSleepTypeShift = 2;
    static constexpr std::uint8_t kSleepTypeMask = 7;

    /// The guest asked for a reset, by whatever means: ends the machine.
    void reset() {
        if (interrupts_.shut_down()) {
            end_.end({kStatusGood, "the guest rebooted; its machine ends here"});
        } else {
            end_.end({kStatusCrash, "the guest reset its machine without shutting it down, as after a panic"});
        }
    }

   private:
    EndSwitch& end_;
    const IoApic& interrupts_;
};

}  // namespace vmm
