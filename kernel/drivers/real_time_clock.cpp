// SPDX-License-Identifier: MIT
/// @file
/// @brief Reads the MC146818's date and time.
/// @chapter booting
#include "drivers/real_time_clock.h"

#include <initializer_list>

#include "x86/instructions.h"

namespace {

/// @spec{Motorola MC146818A, Address Map}
constexpr u16 kIndex = 0x70, kData = 0x71;
constexpr u8 kSeconds = 0, kMinutes = 2, kHours = 4, kDay = 7, kMonth = 8, kYear = 9, kStatusA = 10, kStatusB = 11;
constexpr u8 kUpdating = 0x80, kBinary = 0x04;

u8 read_register(u8 index) {
    x86::outb(kIndex, index);
    return x86::inb(kData);
}

struct Reading {
    u8 second, minute, hour, day, month, year;
    bool operator==(const Reading&) const = default;
};

Reading read_once() {
    while (read_register(kStatusA) & kUpdating) x86::pause();
    return {read_register(kSeconds), read_register(kMinutes), read_register(kHours),
            read_register(kDay),     read_register(kMonth),   read_register(kYear)};
}

u8 from_bcd(u8 value) { return static_cast<u8>((value >> 4) * 10 + (value & 15)); }

/// Days from 1970-01-01, counting years from March so that the leap day comes last.
u64 days_since_1970(u64 year, u64 month, u64 day) {
    if (month <= 2) --year;
    const u64 month_from_march = (month + 9) % 12;
    const u64 day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    return 365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719'468;
}

}  // namespace

u64 real_time_clock_ns() {
    // Two equal readings in a row cannot have been torn by an update between them.
    Reading reading = read_once();
    for (Reading again = read_once(); !(again == reading); again = read_once()) reading = again;
    if (!(read_register(kStatusB) & kBinary)) {
        for (u8* value :
             {&reading.second, &reading.minute, &reading.hour, &reading.day, &reading.month, &reading.year}) {
            *value = from_bcd(*value);
        }
    }
    const u64 days = days_since_1970(2000ULL + reading.year, reading.month, reading.day);
    return (((days * 24 + reading.hour) * 60 + reading.minute) * 60 + reading.second) * 1'000'000'000;
}
