// SPDX-License-Identifier: MIT
/// @file
/// @brief The I/O APIC: turns the lines of devices into interrupts of processors.
/// @chapter interrupts
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>

#include "kernel/abi/ring_v.h"
#include "vmm/device.h"

namespace vmm {

/// What an I/O APIC puts on the bus.
struct InterruptMessage {
    std::uint8_t destination;  ///< APIC identifier, or a set of processors when `logical`
    bool logical;
    bool lowest_priority;
    std::uint8_t vector;
    abi::Trigger trigger;

    bool operator==(const InterruptMessage&) const = default;
};

/// A redirection entry.
/// @spec{82093AA I/O APIC data sheet, I/O Redirection Table Registers, 3.2.4}
class RedirectionEntry {
   public:
    constexpr explicit RedirectionEntry(std::uint64_t raw = kMaskedBit) : raw_(raw) {}

    constexpr std::uint64_t raw() const { return raw_; }
    constexpr std::uint8_t vector() const { return static_cast<std::uint8_t>(raw_); }          // 7:0
    constexpr unsigned delivery_mode() const { return static_cast<unsigned>(raw_ >> 8) & 7; }  // 10:8
    constexpr bool logical() const { return (raw_ >> 11 & 1) != 0; }                           // 11
    constexpr bool remote_irr() const { return (raw_ & kRemoteIrrBit) != 0; }                  // 14
    constexpr bool level() const { return (raw_ >> 15 & 1) != 0; }                             // 15
    constexpr bool masked() const { return (raw_ & kMaskedBit) != 0; }                         // 16
    constexpr std::uint8_t destination() const { return static_cast<std::uint8_t>(raw_ >> 56); }

    constexpr void set_remote_irr(bool set) { raw_ = set ? raw_ | kRemoteIrrBit : raw_ & ~kRemoteIrrBit; }

    /// Takes the half that the guest wrote, except the read-only bits. An edge-triggered entry has no remote IRR.
    constexpr void write_low(std::uint32_t value) {
        raw_ = (raw_ & ~kLowWritable) | (value & kLowWritable);
        if (!level()) set_remote_irr(false);
    }
    constexpr void write_high(std::uint32_t value) { raw_ = (raw_ & 0xffff'ffff) | (std::uint64_t{value} << 32); }

   private:
    static constexpr std::uint64_t kRemoteIrrBit = 1ULL << 14;
    static constexpr std::uint64_t kMaskedBit = 1ULL << 16;
    static constexpr std::uint64_t kLowWritable = 0x1afff;  ///< all but delivery status (12) and remote IRR (14)

    std::uint64_t raw_;
};
static_assert(RedirectionEntry().masked() && RedirectionEntry(0x0100'0000'0000'a031).level());

/// The chip: 24 pins, version 0x20 (with an EOI register).
class IoApic final : public Device {
   public:
    static constexpr unsigned kPins = 24;
    static constexpr std::uint64_t kSize = 0x1000;

    /// `send` is called with the chip's lock held; it must not come back into the chip.
    explicit IoApic(std::function<void(const InterruptMessage&)> send) : send_(std::move(send)) {}

    std::uint64_t read(std::uint64_t offset, unsigned size) override;
    void write(std::uint64_t offset, unsigned size, std::uint64_t value) override;

    /// Drives the line at `pin`. An edge-triggered entry sends when the line rises, a level-triggered one while it is
    /// high and the last one has been answered.
    void set_line(unsigned pin, bool high);

    /// A processor ended the level-triggered interrupt `vector`; lines that are still high send again.
    void end_of_interrupt(std::uint8_t vector);

    /// Whether a driver used the chip and has masked every pin since: what an operating system does when it shuts its
    /// devices down, and does not do when it crashes.
    bool shut_down() const;

   private:
    struct Pin {
        RedirectionEntry entry;
        bool high = false;
    };
    std::uint32_t read_register() const;
    void write_register(std::uint32_t value);
    void write_entry(Pin& pin, unsigned half, std::uint32_t value);
    void end_locked(std::uint8_t vector);
    void deliver(Pin& pin);
    void deliver_level(Pin& pin);

    mutable std::mutex lock_;  ///< guards all below
    std::function<void(const InterruptMessage&)> send_;
    std::array<Pin, kPins> pins_;
    std::uint8_t selected_ = 0;
    std::uint32_t identifier_ = 0;
    bool used_ = false;
};

/// One pin, as a device holds it.
class InterruptLine {
   public:
    InterruptLine(IoApic& chip, unsigned pin) : chip_(chip), pin_(pin) {}

    void set(bool high) { chip_.set_line(pin_, high); }

   private:
    IoApic& chip_;
    unsigned pin_;
};

}  // namespace vmm
