// SPDX-License-Identifier: MIT
/// @file
/// @brief What a device is to the processor: registers at offsets, found through two small maps.
/// @chapter vmm
#include "vmm/device.h"

namespace vmm {

void Bus::attach(std::uint64_t base, std::uint64_t size, Device& device) { slots_.push_back({base, size, &device}); }

const Bus::Slot* Bus::slot_at(std::uint64_t address) const {
    for (const Slot& slot : slots_) {
        if (address >= slot.base && address - slot.base < slot.size) return &slot;
    }
    return nullptr;
}

std::uint64_t Bus::read(std::uint64_t address, unsigned size) const {
    const Slot* slot = slot_at(address);
    return slot != nullptr ? slot->device->read(address - slot->base, size) : ~0ULL;
}

void Bus::write(std::uint64_t address, unsigned size, std::uint64_t value) const {
    const Slot* slot = slot_at(address);
    if (slot != nullptr) slot->device->write(address - slot->base, size, value);
}

}  // namespace vmm
