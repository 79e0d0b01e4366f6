// SPDX-License-Identifier: MIT
/// @file
/// @brief ACPI's soft-off and the three ways to reset a PC.
/// @chapter booting
#include "drivers/power.h"

#include <string_view>

#include "drivers/acpi.h"
#include "drivers/uart.h"
#include "sched/clock.h"
#include "x86/instructions.h"

namespace {

constexpr u16 kSleepEnable = 1 << 13;
constexpr u16 kKeyboardCommand = 0x64;
constexpr u8 kPulseReset = 0xfe;
constexpr u16 kPvpanic = 0x505;
constexpr u8 kPanicked = 1 << 0, kCrashLoaded = 1 << 1;
constexpr u16 kBochsShutdown = 0x8900;
constexpr u64 kPowerOffNs = 2'000'000'000;

[[noreturn]] void stop() {
    for (;;) {
        x86::cli();
        x86::hlt();
    }
}

}  // namespace

void power_off() {
    uart::drain();
    const AcpiFacts& acpi = acpi_facts();
    // @spec{ACPI, PM1 Control Registers, 4.8.3.2.1}
    if (acpi.has_soft_off && acpi.pm1a_control) {
        x86::outw(acpi.pm1a_control, static_cast<u16>(acpi.sleep_type_a << 10 | kSleepEnable));
        if (acpi.pm1b_control) x86::outw(acpi.pm1b_control, static_cast<u16>(acpi.sleep_type_b << 10 | kSleepEnable));
    }
    // The machine is off within this time, or never: an emulator stops its processors some time after the write.
    const Instant patience = Clock::now().after(kPowerOffNs);
    while (Clock::now() < patience) x86::pause();
    uart::write_now("The machine cannot switch itself off; do it by hand.\r\n");
    stop();
}

void end_after_panic() {
    uart::drain();
    // Reading tells which events the device takes; a port that nobody answers reads as all ones.
    // @spec{QEMU 7.2, docs/specs/pvpanic.txt}
    const u8 events = x86::inb(kPvpanic);
    if ((events & kPanicked) && !(events & ~(kPanicked | kCrashLoaded))) x86::outb(kPvpanic, kPanicked);
    // Other machines have nothing at this port. @spec{Bochs 2.7, iodev/unmapped.cc: port 8900h ends with an error}
    for (const char letter : std::string_view("Shutdown")) x86::outb(kBochsShutdown, static_cast<u8>(letter));
    stop();
}

void restart() {
    uart::drain();
    const AcpiFacts& acpi = acpi_facts();
    if (acpi.reset_port) x86::outb(acpi.reset_port, acpi.reset_value);
    x86::outb(kKeyboardCommand, kPulseReset);
    x86::DescriptorTable nothing{0, 0};
    x86::lidt(nothing);
    asm volatile("int3");
    stop();
}
