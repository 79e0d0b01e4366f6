// SPDX-License-Identifier: MIT
/// @file
/// @brief A 16550A serial port: the early console of the guest.
/// @chapter vmm
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>

#include "vmm/console.h"
#include "vmm/device.h"
#include "vmm/io_apic.h"

namespace vmm {

/// The chip, at eight consecutive ports. What the guest sends goes out at once, so its transmitter is always empty.
/// @spec{PC16550D data sheet, Registers, 8.0}
class SerialPort final : public Device, public ConsoleInput {
   public:
    static constexpr std::uint64_t kBase = 0x3f8;
    static constexpr std::uint64_t kSize = 8;
    static constexpr unsigned kPin = 4;

    SerialPort(InterruptLine line, ConsoleOutput& output) : line_(line), output_(output) {}

    std::uint64_t read(std::uint64_t offset, unsigned size) override;
    void write(std::uint64_t offset, unsigned size, std::uint64_t value) override;

    std::size_t offer(std::span<const std::byte> bytes) override;
    void when_room(std::function<void()> callback) override { room_ = std::move(callback); }

   private:
    std::uint8_t read_register(std::uint64_t offset);
    void write_register(std::uint64_t offset, std::uint8_t value);
    std::uint8_t take_received();
    std::uint8_t take_interrupt_identification();
    std::uint8_t interrupt_identification() const;
    std::uint8_t modem_status() const;
    void enable_interrupts(std::uint8_t value);
    void control_fifo(std::uint8_t value);
    void update_line();
    bool sends(std::uint64_t offset) const;
    std::size_t capacity() const { return fifo_ ? 16 : 1; }

    std::mutex lock_;  ///< guards all below; taken before the I/O APIC's, never held while the output is written
    InterruptLine line_;
    ConsoleOutput& output_;
    std::function<void()> room_;
    std::deque<std::uint8_t> received_;
    bool transmitter_noticed_ = true;  ///< false: the empty transmitter is still an interrupt
    bool starved_ = false;             ///< `offer` took less than it was offered
    std::uint8_t interrupt_enable_ = 0;
    std::uint8_t line_control_ = 0;
    std::uint8_t modem_control_ = 0;
    std::uint8_t scratch_ = 0;
    std::uint16_t divisor_ = 12;  ///< of 115200 baud; kept, and without effect
    bool fifo_ = false;
};

}  // namespace vmm
