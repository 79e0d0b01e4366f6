// SPDX-License-Identifier: MIT
/// @file
/// @brief The real-time clock and its CMOS memory, at ports 0x70 and 0x71.
/// @chapter vmm
#pragma once

#include <array>
#include <ctime>
#include <functional>
#include <mutex>

#include "vmm/device.h"

namespace vmm {

/// An MC146818 that always shows the host's time, in UTC, BCD and 24 hours. What the guest writes to the clock itself is
/// dropped, what it writes to the memory is kept. It raises no interrupts.
/// @spec{MC146818A data sheet, Address Map and Registers}
class RealTimeClock final : public Device {
   public:
    static constexpr std::uint64_t kBase = 0x70;
    static constexpr std::uint64_t kSize = 2;

    /// `now` answers the time as `clock_gettime(CLOCK_REALTIME)` does; tests give their own.
    explicit RealTimeClock(std::function<timespec()> now) : now_(std::move(now)) {}

    std::uint64_t read(std::uint64_t offset, unsigned size) override;
    void write(std::uint64_t offset, unsigned size, std::uint64_t value) override;

   private:
    std::uint8_t read_register() const;

    std::mutex lock_;  ///< guards all below
    std::function<timespec()> now_;
    std::uint8_t selected_ = 0;
    std::array<std::uint8_t, 128> memory_{};
};

}  // namespace vmm
