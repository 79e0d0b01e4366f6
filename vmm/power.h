// SPDX-License-Identifier: MIT
/// @file
/// @brief Power-off and reset: the ACPI sleep and reset registers.
/// @chapter vmm
#pragma once

#include "vmm/device.h"
#include "vmm/ending.h"
#include "vmm/io_apic.h"

namespace vmm {

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

    std::uint64_t read(std::uint64_t /*offset*/, unsigned /*size*/) override { return 0; }
    void write(std::uint64_t offset, unsigned size, std::uint64_t value) override;

    /// The guest asked for a reset, by whatever means: ends the machine.
    void reset();

   private:
    EndSwitch& end_;
    const IoApic& interrupts_;
};

}  // namespace vmm
