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
constexpr std::uint8_t kBinary = 0x04;
constexpr std::uint8_t kAfternoon = 0x80;
constexpr std::uint8_t kValid = 0x80;  ///< status D: the battery is good

constexpr long kUpdateStarts = 1'000'000'000 - 244'000;  ///< nanoseconds: 244 us before the second changes

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
    } else if (selected_ == kStatusB) {
        status_b_ = byte;
    } else {
        memory_[selected_] = byte;
    }
}

std::uint8_t RealTimeClock::read_register() const {
    const timespec now = now_();
    tm date{};
    gmtime_r(&now.tv_sec, &date);
    switch (selected_) {
    case kSeconds: return encoded(date.tm_sec);
    case kMinutes: return encoded(date.tm_min);
    case kHours: return encoded_hour(date.tm_hour);
    case kDayOfWeek: return encoded(date.tm_wday + 1);
    case kDayOfMonth: return encoded(date.tm_mday);
    case kMonth: return encoded(date.tm_mon + 1);
    case kYear: return encoded(date.tm_year % 100);
    case kCentury: return encoded((date.tm_year + 1900) / 100);
    case kStatusA: return kDivider32KHz | (now.tv_nsec >= kUpdateStarts ? kUpdateInProgress : 0);
    case kStatusB: return status_b_;
    case kStatusC: return 0;
    case kStatusD: return kValid;
    default: return memory_[selected_];
    }
}

std::uint8_t RealTimeClock::encoded(int value) const {
    if ((status_b_ & kBinary) != 0) return static_cast<std::uint8_t>(value);
    return static_cast<std::uint8_t>(value / 10 << 4 | value % 10);
}

std::uint8_t RealTimeClock::encoded_hour(int hour) const {
    if ((status_b_ & kTwentyFourHours) != 0) return encoded(hour);
    const int twelve = hour % 12 == 0 ? 12 : hour % 12;
    return static_cast<std::uint8_t>(encoded(twelve) | (hour >= 12 ? kAfternoon : 0));
}

}  // namespace vmm
