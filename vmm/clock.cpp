// SPDX-License-Identifier: MIT
/// @file
/// @brief The real-time clock and its CMOS memory, at ports 0x70 and 0x71.
/// @chapter vmm
#include "vmm/clock.h"

namespace vmm {
namespace {

constexpr std::uint64_t kSelectPort = 0;

// Registers. The century is where the FADT says it is.
enum : std::uint8_t { kSeconds = 0, kMinutes = 2, kHours = 4, kDayOfWeek = 6, kDayOfMonth = 7, kMonth = 8, kYear = 9 };
enum : std::uint8_t { kStatusA = 10, kStatusB = 11, kStatusC = 12, kStatusD = 13, kCentury = 0x32 };

constexpr std::uint8_t kUpdateInProgress = 0x80;
constexpr std::uint8_t kDivider32KHz = 0x26;
constexpr std::uint8_t kTwentyFourHours = 0x02;
constexpr std::uint8_t kValid = 0x80;  ///< status D: the battery is good

constexpr long kUpdateStarts = 1'000'000'000 - 244'000;  ///< nanoseconds: 244 us before the second changes

std::uint8_t bcd(int value) { return static_cast<std::uint8_t>(value / 10 << 4 | value % 10); }

}  // namespace

std::uint64_t RealTimeClock::read(std::uint64_t offset, unsigned /*size*/) {
    const std::scoped_lock held(lock_);
    return offset == kSelectPort ? 0xff : read_register();
}

void RealTimeClock::write(std::uint64_t offset, unsigned /*size*/, std::uint64_t value) {
    const std::scoped_lock held(lock_);
    const auto byte = static_cast<std::uint8_t>(value);
    if (offset == kSelectPort) {
        selected_ = byte & 0x7f;  // bit 7 would mask NMI
    } else {
        memory_[selected_] = byte;
    }
}

std::uint8_t RealTimeClock::read_register() const {
    const timespec now = now_();
    tm date{};
    gmtime_r(&now.tv_sec, &date);
    switch (selected_) {
    case kSeconds: return bcd(date.tm_sec);
    case kMinutes: return bcd(date.tm_min);
    case kHours: return bcd(date.tm_hour);
    case kDayOfWeek: return bcd(date.tm_wday + 1);
    case kDayOfMonth: return bcd(date.tm_mday);
    case kMonth: return bcd(date.tm_mon + 1);
    case kYear: return bcd(date.tm_year % 100);
    case kCentury: return bcd((date.tm_year + 1900) / 100);
    case kStatusA: return kDivider32KHz | (now.tv_nsec >= kUpdateStarts ? kUpdateInProgress : 0);
    case kStatusB: return kTwentyFourHours;  // and BCD, which Linux takes for granted
    case kStatusC: return 0;
    case kStatusD: return kValid;
    default: return memory_[selected_];
    }
}

}  // namespace vmm
