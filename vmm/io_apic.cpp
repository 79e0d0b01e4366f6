// SPDX-License-Identifier: MIT
/// @file
/// @brief The I/O APIC: turns the lines of devices into interrupts of processors.
/// @chapter interrupts
#include "vmm/io_apic.h"

#include <algorithm>

namespace vmm {
namespace {

// The three words that the processor sees; the registers behind them are chosen by the first.
constexpr std::uint64_t kSelect = 0x00;
constexpr std::uint64_t kWindow = 0x10;
constexpr std::uint64_t kEoi = 0x40;

// The registers.
constexpr std::uint8_t kIdentifier = 0;
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kFirstEntry = 0x10;

constexpr std::uint32_t kVersionValue = 0x20 | (IoApic::kPins - 1) << 16;
constexpr std::uint32_t kIdentifierMask = 0x0f00'0000;

constexpr unsigned kFixed = 0;
constexpr unsigned kLowestPriority = 1;
constexpr std::uint8_t kFirstVector = 16;

}  // namespace

std::uint64_t IoApic::read(std::uint64_t offset, unsigned /*size*/) {
    const std::scoped_lock held(lock_);
    switch (offset) {
    case kSelect: return selected_;
    case kWindow: return read_register();
    default: return ~0ULL;
    }
}

void IoApic::write(std::uint64_t offset, unsigned /*size*/, std::uint64_t value) {
    const std::scoped_lock held(lock_);
    switch (offset) {
    case kSelect: selected_ = static_cast<std::uint8_t>(value); break;
    case kWindow: write_register(static_cast<std::uint32_t>(value)); break;
    case kEoi: end_locked(static_cast<std::uint8_t>(value)); break;
    default: break;
    }
}

std::uint32_t IoApic::read_register() const {
    if (selected_ == kVersion) return kVersionValue;
    if (selected_ == kIdentifier) return identifier_;
    const unsigned index = static_cast<unsigned>(selected_ - kFirstEntry);
    if (selected_ < kFirstEntry || index / 2 >= kPins) return ~0U;
    return static_cast<std::uint32_t>(pins_[index / 2].entry.raw() >> (index % 2 * 32));
}

void IoApic::write_register(std::uint32_t value) {
    if (selected_ == kIdentifier) identifier_ = value & kIdentifierMask;
    if (selected_ < kFirstEntry) return;
    const unsigned index = static_cast<unsigned>(selected_ - kFirstEntry);
    if (index / 2 < kPins) write_entry(pins_[index / 2], index % 2, value);
}

void IoApic::write_entry(Pin& pin, unsigned half, std::uint32_t value) {
    if (half == 0) {
        pin.entry.write_low(value);
    } else {
        pin.entry.write_high(value);
    }
    used_ = used_ || !pin.entry.masked();
    deliver_level(pin);
}

void IoApic::set_line(unsigned pin_number, bool high) {
    const std::scoped_lock held(lock_);
    Pin& pin = pins_.at(pin_number);
    const bool rose = high && !pin.high;
    pin.high = high;
    if (pin.entry.level()) {
        deliver_level(pin);
    } else if (rose && !pin.entry.masked()) {
        deliver(pin);
    }
}

void IoApic::end_of_interrupt(std::uint8_t vector) {
    const std::scoped_lock held(lock_);
    end_locked(vector);
}

void IoApic::end_locked(std::uint8_t vector) {
    for (Pin& pin : pins_) {
        if (!pin.entry.level() || pin.entry.vector() != vector) continue;
        pin.entry.set_remote_irr(false);
        deliver_level(pin);
    }
}

void IoApic::deliver_level(Pin& pin) {
    if (!pin.high || !pin.entry.level() || pin.entry.masked() || pin.entry.remote_irr()) return;
    pin.entry.set_remote_irr(true);
    deliver(pin);
}

void IoApic::deliver(Pin& pin) {
    // SMI, NMI, INIT and ExtINT have no source in this machine, and vectors below 16 are the processor's own.
    const RedirectionEntry entry = pin.entry;
    if (entry.delivery_mode() != kFixed && entry.delivery_mode() != kLowestPriority) return;
    if (entry.vector() < kFirstVector) return;
    send_({entry.destination(), entry.logical(), entry.delivery_mode() == kLowestPriority, entry.vector(),
           entry.level() ? abi::Trigger::Level : abi::Trigger::Edge});
}

bool IoApic::shut_down() const {
    const std::scoped_lock held(lock_);
    return used_ && std::all_of(pins_.begin(), pins_.end(), [](const Pin& pin) { return pin.entry.masked(); });
}

}  // namespace vmm
