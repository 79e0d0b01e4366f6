// SPDX-License-Identifier: MIT
/// @file
/// @brief What a device is to the processor: registers at offsets, found through two small maps.
/// @chapter vmm
#pragma once

#include <cstdint>
#include <vector>

namespace vmm {

/// A device's registers. Offsets count from where the device sits on its bus, sizes are 1, 2, 4 or 8 bytes. Every
/// method may be called from any processor thread; a device guards itself.
class Device {
   public:
    virtual ~Device() = default;

    /// The value of `size` bytes at `offset`; bits above the size are ignored. Registers that do not exist read as
    /// ones.
    virtual std::uint64_t read(std::uint64_t offset, unsigned size) = 0;

    /// Stores the low `size` bytes of `value` at `offset`. Writes to registers that do not exist are dropped.
    virtual void write(std::uint64_t offset, unsigned size, std::uint64_t value) = 0;
};

/// An address space of devices: the I/O ports, or guest-physical addresses without memory. Filled before the machine
/// runs and only read after that, so it needs no lock.
class Bus {
   public:
    /// Puts `device` at [base, base + size), which must be free.
    void attach(std::uint64_t base, std::uint64_t size, Device& device) { slots_.push_back({base, size, &device}); }

    /// What the device at `address` answers; all ones, as a floating bus, where there is none.
    std::uint64_t read(std::uint64_t address, unsigned size) const {
        const Slot* slot = slot_at(address);
        return slot != nullptr ? slot->device->read(address - slot->base, size) : ~0ULL;
    }

    /// Hands `value` to the device at `address`; dropped where there is none.
    void write(std::uint64_t address, unsigned size, std::uint64_t value) const {
        const Slot* slot = slot_at(address);
        if (slot != nullptr) slot->device->write(address - slot->base, size, value);
    }

   private:
    struct Slot {
        std::uint64_t base;
        std::uint64_t size;
        Device* device;
    };
    const Slot* slot_at(std::uint64_t address) const {
        for (const Slot& slot : slots_) {
            if (address >= slot.base && address - slot.base < slot.size) return &slot;
        }
        return nullptr;
    }

    std::vector<Slot> slots_;
};

}  // namespace vmm
