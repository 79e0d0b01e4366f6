// SPDX-License-Identifier: MIT
/// @file
/// @brief The registers of a virtio device on the memory bus: what all virtio devices share.
/// @chapter virtio
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "vmm/device.h"
#include "vmm/failure.h"
#include "vmm/io_apic.h"
#include "vmm/virtqueue.h"

namespace vmm {

/// What a device class is.
struct VirtioIdentity {
    std::uint32_t device;    ///< VIRTIO_ID_…
    std::uint64_t features;  ///< beside VIRTIO_F_VERSION_1
    unsigned queues;
};

/// A virtio device behind the MMIO transport, version 2; device classes derive from it. A driver that breaks the rules
/// gets DEVICE_NEEDS_RESET, and no service until it resets the device.
/// @spec{Virtio 1.2, Virtio Over MMIO, 4.2}
class VirtioMmio : public Device {
   public:
    static constexpr std::uint64_t kSize = 0x200;

    VirtioMmio(VirtioIdentity identity, const GuestMemory& memory, InterruptLine line);

    std::uint64_t read(std::uint64_t offset, unsigned size) final;
    void write(std::uint64_t offset, unsigned size, std::uint64_t value) final;

   protected:
    /// The device's lock, held. It guards the registers, the queues and what the device class keeps; the I/O APIC's
    /// lock is taken below it. A device class does not block under it.
    using Held = std::unique_lock<std::mutex>;
    Held hold() { return Held(lock_); }

    const GuestMemory& memory() const { return memory_; }

    /// Queue `index` if the driver has set it up and told so, else null.
    Virtqueue* live_queue(unsigned index, const Held& held);

    /// Interrupts the driver, if it wants that, after chains of `queue` were given back.
    void announce_used(const Virtqueue& queue, const Held& held);

    /// Interrupts the driver after the device's configuration changed.
    void announce_configuration(const Held& held);

    /// Runs `work`; a GuestError in it breaks the device until the driver resets it.
    template <typename Work>
    void guarded(const Held& /*held*/, Work work) {
        try {
            work();
        } catch (const GuestError&) { need_reset(); }
    }

    /// The driver has put chains into queue `index`. Called without the lock, on the processor's thread.
    virtual void notified(unsigned index) = 0;

    /// The driver is ready, and `live_queue` answers from now on.
    virtual void became_ready(const Held& held) = 0;

    /// The device's configuration space.
    virtual std::span<const std::byte> configuration(const Held& held) const = 0;

   private:
    std::uint32_t read_register(std::uint64_t offset, const Held& held) const;
    std::uint64_t read_configuration(std::uint64_t offset, unsigned size, const Held& held) const;
    void write_register(std::uint64_t offset, std::uint32_t value, const Held& held);
    void write_queue_register(std::uint64_t offset, std::uint32_t value, const Held& held);
    void write_status(std::uint32_t value, const Held& held);
    bool features_acceptable() const;
    std::uint64_t offered_features() const;
    void raise(std::uint32_t cause);
    void need_reset();
    void reset();

    struct Slot {
        Virtqueue queue;
        QueueLayout layout;
    };

    std::mutex lock_;
    const VirtioIdentity identity_;
    const GuestMemory& memory_;
    InterruptLine line_;
    std::vector<Slot> slots_;
    std::uint32_t status_ = 0;
    std::uint32_t interrupt_status_ = 0;
    std::uint32_t device_features_half_ = 0;
    std::uint32_t driver_features_half_ = 0;
    std::uint64_t driver_features_ = 0;
    std::uint32_t selected_queue_ = 0;
    std::uint32_t configuration_generation_ = 0;
};

}  // namespace vmm
