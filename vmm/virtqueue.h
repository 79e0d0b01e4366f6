// SPDX-License-Identifier: MIT
/// @file
/// @brief A split virtqueue, seen from the device: takes chains of buffers and gives them back.
/// @chapter virtio
///
/// The driver owns every byte of the queue and may be hostile. All that is read is copied in first and checked then;
/// what cannot be right throws GuestError, and the transport turns that into DEVICE_NEEDS_RESET.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "vmm/guest_memory.h"

namespace vmm {

/// A buffer of the driver, all of it in guest memory.
struct GuestBuffer {
    GuestPhys address;
    std::uint32_t size;
};

/// One chain of descriptors: what the device may read comes first, what it may write second.
struct BufferChain {
    std::uint16_t head;  ///< names the chain when it is given back
    std::vector<GuestBuffer> readable;
    std::vector<GuestBuffer> writable;
};

/// Where the driver put the three parts of a queue.
struct QueueLayout {
    std::uint32_t size = 0;  ///< descriptors, a power of two
    GuestPhys descriptors;
    GuestPhys available;
    GuestPhys used;
};

/// What `buffers` hold together. Throws GuestError when that is more than `most` bytes.
std::vector<std::byte> gather(const GuestMemory& memory, const std::vector<GuestBuffer>& buffers, std::size_t most);

/// Copies `from` into `buffers` until either ends; how many bytes that were.
std::size_t scatter(const GuestMemory& memory, const std::vector<GuestBuffer>& buffers,
                    std::span<const std::byte> from);

/// A queue; whoever owns the device guards it.
/// @spec{Virtio 1.2, Split Virtqueues, 2.7}
class Virtqueue {
   public:
    static constexpr std::uint32_t kLargestSize = 256;

    explicit Virtqueue(const GuestMemory& memory) : memory_(&memory) {}

    /// Starts using the queue at `layout`. Throws GuestError when its size or alignment is against the specification,
    /// or when a part of it lies outside guest memory.
    void enable(const QueueLayout& layout);
    void disable() { enabled_ = false; }
    bool enabled() const { return enabled_; }

    /// The next chain that the driver made available, if there is one. Throws GuestError when the chain is not one: an
    /// index out of range, a loop, a buffer outside memory, a readable buffer behind a writable one.
    std::optional<BufferChain> take();

    /// Gives the chain `head` back with `written` bytes stored in it.
    void give_back(std::uint16_t head, std::uint32_t written);

    /// Whether the driver wants to hear of what was given back.
    bool wants_interrupt() const;

    /// Tells the driver whether the device wants to hear of new chains. After asking for it look once more with `take`:
    /// a chain that came just before is not announced.
    void ask_for_notifications(bool wanted);

   private:
    std::uint16_t head_at(std::uint16_t position) const;
    bool add_descriptor(std::uint16_t index, BufferChain& chain, std::uint64_t& total, std::uint16_t& next) const;

    const GuestMemory* memory_;
    QueueLayout layout_;
    bool enabled_ = false;
    std::uint16_t taken_ = 0;
    std::uint16_t given_back_ = 0;
};

}  // namespace vmm
