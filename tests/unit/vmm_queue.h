// SPDX-License-Identifier: MIT
/// @file
/// @brief The driver's side of a virtqueue, for tests: honest or not.
/// @chapter testing
#pragma once

#include "vmm/virtqueue.h"

namespace vmm {

/// A queue of `kSize` descriptors at fixed places of the guest's memory.
class TestDriver {
   public:
    static constexpr std::uint32_t kSize = 8;
    static constexpr std::uint16_t kNext = 1;
    static constexpr std::uint16_t kWrite = 2;
    static constexpr std::uint16_t kIndirect = 4;

    TestDriver(const GuestMemory& memory, std::uint64_t base)
        : layout{kSize, GuestPhys(base), GuestPhys(base + 0x1000), GuestPhys(base + 0x2000)}, memory_(memory) {}

    const QueueLayout layout;

    void describe(unsigned index, std::uint64_t address, std::uint32_t size, std::uint16_t flags, std::uint16_t next) {
        const GuestPhys at = layout.descriptors + index * 16;
        memory_.store(at, address);
        memory_.store(at + 8, size);
        memory_.store(at + 12, flags);
        memory_.store(at + 14, next);
    }
    /// Makes the chain that starts at `head` available.
    void publish(std::uint16_t head) {
        memory_.store(layout.available + 4 + available_ % kSize * 2, head);
        set_index(++available_);
    }
    void set_index(std::uint16_t index) { memory_.store(layout.available + 2, index); }
    void set_flags(std::uint16_t flags) { memory_.store(layout.available, flags); }
    std::uint16_t used_flags() const { return memory_.load<std::uint16_t>(layout.used); }
    std::uint16_t used_index() const { return memory_.load<std::uint16_t>(layout.used + 2); }
    std::uint32_t used_head(unsigned slot) const { return memory_.load<std::uint32_t>(layout.used + 4 + slot * 8); }
    std::uint32_t used_size(unsigned slot) const { return memory_.load<std::uint32_t>(layout.used + 8 + slot * 8); }

   private:
    const GuestMemory& memory_;
    std::uint16_t available_ = 0;
};

}  // namespace vmm
