// SPDX-License-Identifier: MIT
/// @file
/// @brief The registers of a virtio device on the memory bus: what all virtio devices share.
/// @chapter virtio
#include "vmm/virtio_mmio.h"

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>

#include <cstring>

namespace vmm {
namespace {

constexpr std::uint32_t kMagic = 0x7472'6976;  ///< "virt"
constexpr std::uint32_t kTransportVersion = 2;
constexpr std::uint32_t kVendor = 0x4e41'5754;  ///< "TWAN"
constexpr std::uint64_t kVersion1 = 1ULL << VIRTIO_F_VERSION_1;

/// The half of `features` that a selector register chooses.
std::uint32_t feature_half(std::uint64_t features, std::uint32_t half) {
    return half < 2 ? static_cast<std::uint32_t>(features >> (32 * half)) : 0;
}

/// `whole` with its lower (0) or upper (1) 32 bits replaced; other halves do not exist.
std::uint64_t with_half(std::uint64_t whole, std::uint32_t half, std::uint32_t value) {
    if (half == 0) return (whole & ~0xffff'ffffULL) | value;
    return half == 1 ? (whole & 0xffff'ffff) | std::uint64_t{value} << 32 : whole;
}

void set_half(GuestPhys& address, std::uint32_t half, std::uint32_t value) {
    address = GuestPhys(with_half(address.value, half, value));
}

}  // namespace

VirtioMmio::VirtioMmio(VirtioIdentity identity, const GuestMemory& memory, InterruptLine line)
    : identity_(identity), memory_(memory), line_(line), slots_(identity.queues, Slot{Virtqueue(memory), {}}) {}

std::uint64_t VirtioMmio::read(std::uint64_t offset, unsigned size) {
    const Held held = hold();
    if (offset >= VIRTIO_MMIO_CONFIG) return read_configuration(offset - VIRTIO_MMIO_CONFIG, size, held);
    return read_register(offset, held);
}

void VirtioMmio::write(std::uint64_t offset, unsigned /*size*/, std::uint64_t value) {
    const auto word = static_cast<std::uint32_t>(value);
    if (offset == VIRTIO_MMIO_QUEUE_NOTIFY) {
        if (word < slots_.size()) notified(word);
        return;
    }
    const Held held = hold();
    write_register(offset, word, held);
}

std::uint64_t VirtioMmio::read_configuration(std::uint64_t offset, unsigned size, const Held& held) const {
    const std::span<const std::byte> bytes = configuration(held);
    if (offset > bytes.size() || size > bytes.size() - offset) return ~0ULL;
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + offset, size);
    return value;
}

std::uint32_t VirtioMmio::read_register(std::uint64_t offset, const Held& /*held*/) const {
    const bool queue_exists = selected_queue_ < slots_.size();
    switch (offset) {
    case VIRTIO_MMIO_MAGIC_VALUE: return kMagic;
    case VIRTIO_MMIO_VERSION: return kTransportVersion;
    case VIRTIO_MMIO_DEVICE_ID: return identity_.device;
    case VIRTIO_MMIO_VENDOR_ID: return kVendor;
    case VIRTIO_MMIO_DEVICE_FEATURES: return feature_half(offered_features(), device_features_half_);
    case VIRTIO_MMIO_QUEUE_NUM_MAX: return queue_exists ? Virtqueue::kLargestSize : 0;
    case VIRTIO_MMIO_QUEUE_READY: return queue_exists && slots_[selected_queue_].queue.enabled() ? 1 : 0;
    case VIRTIO_MMIO_INTERRUPT_STATUS: return interrupt_status_;
    case VIRTIO_MMIO_STATUS: return status_;
    case VIRTIO_MMIO_CONFIG_GENERATION: return configuration_generation_;
    default: return ~0U;  // registers only for writing, and shared memory, which there is none of
    }
}

void VirtioMmio::write_register(std::uint64_t offset, std::uint32_t value, const Held& held) {
    switch (offset) {
    case VIRTIO_MMIO_DEVICE_FEATURES_SEL: device_features_half_ = value; break;
    case VIRTIO_MMIO_DRIVER_FEATURES_SEL: driver_features_half_ = value; break;
    case VIRTIO_MMIO_DRIVER_FEATURES:
        driver_features_ = with_half(driver_features_, driver_features_half_, value);
        break;
    case VIRTIO_MMIO_QUEUE_SEL: selected_queue_ = value; break;
    case VIRTIO_MMIO_INTERRUPT_ACK:
        interrupt_status_ &= ~value;
        line_.set(interrupt_status_ != 0);
        break;
    case VIRTIO_MMIO_STATUS: write_status(value, held); break;
    default: write_queue_register(offset, value, held); break;
    }
}

void VirtioMmio::write_queue_register(std::uint64_t offset, std::uint32_t value, const Held& held) {
    if (selected_queue_ >= slots_.size()) return;
    auto& [queue, layout] = slots_[selected_queue_];
    switch (offset) {
    case VIRTIO_MMIO_QUEUE_NUM: layout.size = value; break;
    case VIRTIO_MMIO_QUEUE_DESC_LOW: set_half(layout.descriptors, 0, value); break;
    case VIRTIO_MMIO_QUEUE_DESC_HIGH: set_half(layout.descriptors, 1, value); break;
    case VIRTIO_MMIO_QUEUE_AVAIL_LOW: set_half(layout.available, 0, value); break;
    case VIRTIO_MMIO_QUEUE_AVAIL_HIGH: set_half(layout.available, 1, value); break;
    case VIRTIO_MMIO_QUEUE_USED_LOW: set_half(layout.used, 0, value); break;
    case VIRTIO_MMIO_QUEUE_USED_HIGH: set_half(layout.used, 1, value); break;
    case VIRTIO_MMIO_QUEUE_READY:
        queue.disable();
        if (value != 0) guarded(held, [&, &queue = queue, &layout = layout] { queue.enable(layout); });
        break;
    default: break;
    }
}

void VirtioMmio::write_status(std::uint32_t value, const Held& held) {
    if (value == 0) return reset();
    // The bit that the device refuses or owns does not change by the driver's writing it.
    std::uint32_t accepted =
        (value & ~std::uint32_t{VIRTIO_CONFIG_S_NEEDS_RESET}) | (status_ & VIRTIO_CONFIG_S_NEEDS_RESET);
    if (!features_acceptable()) accepted &= ~std::uint32_t{VIRTIO_CONFIG_S_FEATURES_OK};
    const std::uint32_t newly = accepted & ~status_;
    status_ = accepted;
    if ((newly & VIRTIO_CONFIG_S_DRIVER_OK) != 0) guarded(held, [&] { became_ready(held); });
}

std::uint64_t VirtioMmio::offered_features() const { return identity_.features | kVersion1; }

bool VirtioMmio::features_acceptable() const {
    return (driver_features_ & ~offered_features()) == 0 && (driver_features_ & kVersion1) != 0;
}

Virtqueue* VirtioMmio::live_queue(unsigned index, const Held& /*held*/) {
    const bool ready = (status_ & VIRTIO_CONFIG_S_DRIVER_OK) != 0 && (status_ & VIRTIO_CONFIG_S_NEEDS_RESET) == 0;
    return ready && slots_[index].queue.enabled() ? &slots_[index].queue : nullptr;
}

void VirtioMmio::announce_used(const Virtqueue& queue, const Held& /*held*/) {
    if (queue.wants_interrupt()) raise(VIRTIO_MMIO_INT_VRING);
}

void VirtioMmio::announce_configuration(const Held& /*held*/) {
    ++configuration_generation_;
    if ((status_ & VIRTIO_CONFIG_S_DRIVER_OK) != 0) raise(VIRTIO_MMIO_INT_CONFIG);
}

/// The line is high while a cause is unanswered. A driver that answers first and then looks at its queues misses
/// nothing, whether the I/O APIC's entry is edge- or level-triggered.
void VirtioMmio::raise(std::uint32_t cause) {
    interrupt_status_ |= cause;
    line_.set(true);
}

void VirtioMmio::need_reset() {
    status_ |= VIRTIO_CONFIG_S_NEEDS_RESET;
    if ((status_ & VIRTIO_CONFIG_S_DRIVER_OK) != 0) raise(VIRTIO_MMIO_INT_CONFIG);
}

void VirtioMmio::reset() {
    for (Slot& slot : slots_) slot = Slot{Virtqueue(memory_), {}};
    status_ = interrupt_status_ = 0;
    driver_features_ = 0;
    device_features_half_ = driver_features_half_ = selected_queue_ = 0;
    line_.set(false);
}

}  // namespace vmm
