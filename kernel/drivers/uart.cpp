// SPDX-License-Identifier: MIT
/// @file
/// @brief A 16550: polled for panics, interrupt-driven for the terminal, never losing a byte.
/// @chapter terminal
#include "drivers/uart.h"

#include <atomic>
#include <optional>

#include "drivers/io_apic.h"
#include "drivers/tty.h"
#include "x86/instructions.h"

namespace {

/// Registers by their offset from the port base. @spec{National Semiconductor PC16550D, Registers, 8.0}
constexpr u16 kBase = 0x3f8;
constexpr u16 kData = kBase, kInterruptEnable = kBase + 1, kFifoControl = kBase + 2, kLineControl = kBase + 3;
constexpr u16 kInterruptId = kBase + 2, kModemControl = kBase + 4, kLineStatus = kBase + 5;
constexpr u8 kReceiveInterrupt = 1 << 0, kTransmitInterrupt = 1 << 1;
constexpr u8 kNothingPending = 1 << 0;
constexpr u8 kDataReady = 1 << 0, kTransmitEmpty = 1 << 5, kAllSent = 1 << 6;
constexpr u8 kEightBits = 3, kDivisorLatch = 1 << 7;
/// An interrupt for every 14 bytes, or when the line pauses: one for each would cost six times the time of a paste.
constexpr u8 kFifoOnAndCleared = 0xc7;
constexpr u8 kDtrRtsOut2 = 0x0b;
constexpr usize kFifoBytes = 16;
constexpr u8 kIsaInterrupt = 4;

class Uart final : public TtyPort {
   public:
    usize write(std::span<const char> bytes) override;
    void resume_input() override;
    void interrupt();
    void attach(Tty& tty) { tty_ = &tty; }
    /// Turns the FIFO on, which empties it. Whoever pipes input into the machine has sent the first byte before it started:
    /// that one is kept for the terminal.
    void turn_fifo_on();

   private:
    void receive_all();
    void receive_waiting();
    void set_interrupts(u8 bits) { x86::outb(kInterruptEnable, enabled_ = bits); }

    SpinLock lock_{LockRank::Device};
    Tty* tty_ = nullptr;
    u8 enabled_ = 0;
    std::atomic<u32> receivers_{0};  ///< who wants the waiting bytes taken since one core began to
    std::optional<u8> early_byte_;
};

constinit Uart port;

bool can_transmit() { return x86::inb(kLineStatus) & kTransmitEmpty; }

usize Uart::write(std::span<const char> bytes) {
    SpinGuard guard(lock_);
    usize sent = 0;
    // An empty transmitter takes a whole FIFO. An emulated one empties at once, a real one tells by interrupt when it has.
    while (sent < bytes.size() && can_transmit()) {
        for (usize n = 0; n < kFifoBytes && sent < bytes.size(); ++n) x86::outb(kData, static_cast<u8>(bytes[sent++]));
    }
    if (sent < bytes.size()) set_interrupts(enabled_ | kTransmitInterrupt);
    return sent;
}

/// In loopback the port takes nothing from the line, so no second byte comes between the first and the FIFO.
/// @spec{QEMU 7.2, hw/char/serial.c: reading the data register in loopback does not ask the other side for more}
void Uart::turn_fifo_on() {
    constexpr u8 kNoPort = 0xff, kLoopback = 1 << 4;
    x86::outb(kModemControl, kLoopback);
    const u8 status = x86::inb(kLineStatus);
    if (status != kNoPort && (status & kDataReady)) early_byte_ = x86::inb(kData);
    x86::outb(kFifoControl, kFifoOnAndCleared);
    x86::outb(kModemControl, kDtrRtsOut2);
}

/// One core takes the bytes, so that they stay in order. Another one that finds it at work leaves word, and it looks again; also
/// at the interrupt, which it may have switched off after the other wanted it on. Interrupts are off.
void Uart::receive_all() {
    if (receivers_.fetch_add(1) != 0) return;
    u32 seen = 1;
    receive_waiting();
    while (!receivers_.compare_exchange_strong(seen, 0)) {
        {
            SpinGuard guard(lock_);
            set_interrupts(enabled_ | kReceiveInterrupt);
        }
        receive_waiting();
    }
}

/// Takes bytes as long as the terminal wants them; the rest stays in the FIFO, and the interrupt off until it is asked for.
void Uart::receive_waiting() {
    if (early_byte_ && tty_->wants_input()) {
        tty_->receive(*early_byte_);
        early_byte_.reset();
    }
    while (x86::inb(kLineStatus) & kDataReady) {
        if (!tty_->wants_input()) {
            SpinGuard guard(lock_);
            set_interrupts(static_cast<u8>(enabled_ & ~kReceiveInterrupt));
            return;
        }
        tty_->receive(x86::inb(kData));
    }
}

void Uart::resume_input() {
    IrqOff irq_off;
    {
        SpinGuard guard(lock_);
        set_interrupts(enabled_ | kReceiveInterrupt);
    }
    receive_all();
}

/// The port's two requests share a line, and only a rising edge of it interrupts: one that comes while the other one holds the
/// line up is not seen. So nothing may be left when this ends. Reading the register settles the transmitter's request, if that is
/// what it names.
void Uart::interrupt() {
    do {
        receive_all();
        bool ready;
        {
            SpinGuard guard(lock_);
            ready = (enabled_ & kTransmitInterrupt) && can_transmit();
            if (ready) set_interrupts(static_cast<u8>(enabled_ & ~kTransmitInterrupt));
        }
        if (ready) tty_->output_ready();
    } while (!(x86::inb(kInterruptId) & kNothingPending));
}

}  // namespace

void uart::init_early() {
    x86::outb(kInterruptEnable, 0);
    x86::outb(kLineControl, kDivisorLatch);
    x86::outb(kData, 1);  // 115,200 baud
    x86::outb(kInterruptEnable, 0);
    x86::outb(kLineControl, kEightBits);
    port.turn_fifo_on();
}

void uart::write_now(std::string_view text) {
    for (const char c : text) {
        while (!can_transmit()) x86::pause();
        x86::outb(kData, static_cast<u8>(c));
    }
}

void uart::drain() {
    // A port that is not there reads as all ones, so this ends.
    while (!(x86::inb(kLineStatus) & kAllSent)) x86::pause();
}

void uart::init_terminal() {
    auto tty = ttys::create_console(port);
    CHECK(tty.ok());
    port.attach(*tty.value());
    io_apic::connect_isa(kIsaInterrupt, [] { port.interrupt(); });
}
