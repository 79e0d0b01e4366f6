// SPDX-License-Identifier: MIT
/// @file
/// @brief COM2's registers.
/// @chapter observability
#include "debug/stub_port.h"

#include "x86/instructions.h"

namespace stub {
namespace {

/// @spec{National Semiconductor PC16550D, Registers, 8.0}
constexpr u16 kBase = 0x2f8;
constexpr u16 kData = kBase, kInterruptEnable = kBase + 1, kFifoControl = kBase + 2, kLineControl = kBase + 3;
constexpr u16 kModemControl = kBase + 4, kLineStatus = kBase + 5, kScratch = kBase + 7;
constexpr u8 kReceiveInterrupt = 1 << 0, kDataReady = 1 << 0, kTransmitEmpty = 1 << 5, kAllSent = 1 << 6;
constexpr u8 kEightBits = 3, kDivisorLatch = 1 << 7, kDtrRtsOut2 = 0x0b;
/// An interrupt at the first byte: Ctrl-C comes alone.
constexpr u8 kFifoOnAndCleared = 0x07;

/// The scratch register keeps what is written; where no port is, nothing does.
bool keeps(u8 value) {
    x86::outb(kScratch, value);
    return x86::inb(kScratch) == value;
}

}  // namespace

bool SerialPort::init() {
    if (!keeps(0x5a) || !keeps(0xa5)) return false;
    x86::outb(kInterruptEnable, 0);
    x86::outb(kLineControl, kDivisorLatch);
    x86::outb(kData, 1);  // 115,200 baud
    x86::outb(kInterruptEnable, 0);
    x86::outb(kLineControl, kEightBits);
    x86::outb(kFifoControl, kFifoOnAndCleared);
    x86::outb(kModemControl, kDtrRtsOut2);
    x86::outb(kInterruptEnable, kReceiveInterrupt);
    return true;
}

bool SerialPort::has_byte() const { return x86::inb(kLineStatus) & kDataReady; }

u8 SerialPort::receive() const {
    while (!has_byte()) x86::pause();
    return x86::inb(kData);
}

void SerialPort::write(std::string_view text) {
    for (const char c : text) {
        while (!(x86::inb(kLineStatus) & kTransmitEmpty)) x86::pause();
        x86::outb(kData, static_cast<u8>(c));
    }
    while (!(x86::inb(kLineStatus) & kAllSent)) x86::pause();
}

}  // namespace stub
