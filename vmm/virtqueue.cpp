// SPDX-License-Identifier: MIT
/// @file
/// @brief A split virtqueue, seen from the device: takes chains of buffers and gives them back.
/// @chapter virtio
#include "vmm/virtqueue.h"

#define VIRTIO_RING_NO_LEGACY
#include <linux/virtio_ring.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <limits>

#include "vmm/failure.h"

namespace vmm {
namespace {

// Both rings start with flags and index.
constexpr std::uint64_t kFlags = 0;
constexpr std::uint64_t kIndex = 2;
constexpr std::uint64_t kRing = 4;
static_assert(offsetof(vring_avail, ring) == kRing && offsetof(vring_used, idx) == kIndex);

}  // namespace

std::vector<std::byte> gather(const GuestMemory& memory, const std::vector<GuestBuffer>& buffers, std::size_t most) {
    std::vector<std::byte> bytes;
    for (const GuestBuffer& buffer : buffers) {
        if (buffer.size > most - bytes.size())
            throw GuestError("chain of more than " + std::to_string(most) + " bytes");
        bytes.resize(bytes.size() + buffer.size);
        memory.read(buffer.address, std::span(bytes).last(buffer.size));
    }
    return bytes;
}

std::size_t scatter(const GuestMemory& memory, const std::vector<GuestBuffer>& buffers,
                    std::span<const std::byte> from) {
    std::size_t done = 0;
    for (const GuestBuffer& buffer : buffers) {
        const std::size_t size = std::min<std::size_t>(buffer.size, from.size() - done);
        memory.write(buffer.address, from.subspan(done, size));
        done += size;
    }
    return done;
}

void Virtqueue::enable(const QueueLayout& layout) {
    const std::uint64_t size = layout.size;
    if (!std::has_single_bit(size) || size > kLargestSize)
        throw GuestError("queue of " + std::to_string(size) + " descriptors");
    const bool aligned = layout.descriptors.value % VRING_DESC_ALIGN_SIZE == 0 &&
                         layout.available.value % VRING_AVAIL_ALIGN_SIZE == 0 &&
                         layout.used.value % VRING_USED_ALIGN_SIZE == 0;
    if (!aligned) throw GuestError("misaligned queue");
    const bool inside = memory_->contains(layout.descriptors, size * sizeof(vring_desc)) &&
                        memory_->contains(layout.available, kRing + size * sizeof(std::uint16_t)) &&
                        memory_->contains(layout.used, kRing + size * sizeof(vring_used_elem));
    if (!inside) throw GuestError("queue outside guest memory");
    layout_ = layout;
    taken_ = given_back_ = 0;
    enabled_ = true;
}

std::optional<BufferChain> Virtqueue::take() {
    const std::uint16_t made_available = memory_->load_acquire(layout_.available + kIndex);
    const auto waiting = static_cast<std::uint16_t>(made_available - taken_);
    if (waiting == 0) return std::nullopt;
    if (waiting > layout_.size) throw GuestError("queue index runs ahead of the queue");

    BufferChain chain{head_at(taken_), {}, {}};
    std::uint64_t total = 0;
    std::uint16_t index = chain.head;
    // A chain cannot be longer than the queue: one that is has a loop.
    for (std::uint32_t length = 1; add_descriptor(index, chain, total, index); ++length) {
        if (length == layout_.size) throw GuestError("descriptors in a loop");
    }
    ++taken_;
    return chain;
}

std::uint16_t Virtqueue::head_at(std::uint16_t position) const {
    const std::uint64_t slot = position % layout_.size;
    return memory_->load<std::uint16_t>(layout_.available + kRing + slot * sizeof(std::uint16_t));
}

/// Copies in descriptor `index`, checks it and adds it to `chain`; true when `next` follows it.
bool Virtqueue::add_descriptor(std::uint16_t index, BufferChain& chain, std::uint64_t& total,
                               std::uint16_t& next) const {
    if (index >= layout_.size) throw GuestError("descriptor number out of range");
    const auto descriptor = memory_->load<vring_desc>(layout_.descriptors + index * sizeof(vring_desc));
    const GuestBuffer buffer{GuestPhys(descriptor.addr), descriptor.len};
    if ((descriptor.flags & VRING_DESC_F_INDIRECT) != 0)
        throw GuestError("indirect descriptor, which was not negotiated");
    if (!memory_->contains(buffer.address, buffer.size)) throw GuestError("buffer outside guest memory");
    total += buffer.size;
    if (total > std::numeric_limits<std::uint32_t>::max()) throw GuestError("chain of 4 GiB or more");
    if ((descriptor.flags & VRING_DESC_F_WRITE) != 0) {
        chain.writable.push_back(buffer);
    } else {
        if (!chain.writable.empty()) throw GuestError("readable buffer behind a writable one");
        chain.readable.push_back(buffer);
    }
    next = descriptor.next;
    return (descriptor.flags & VRING_DESC_F_NEXT) != 0;
}

void Virtqueue::give_back(std::uint16_t head, std::uint32_t written) {
    const std::uint64_t slot = given_back_ % layout_.size;
    memory_->store(layout_.used + kRing + slot * sizeof(vring_used_elem), vring_used_elem{head, written});
    memory_->store_release(layout_.used + kIndex, ++given_back_);
}

bool Virtqueue::wants_interrupt() const {
    // The index must be visible before the flag is read, or driver and device could each wait for the other.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return (memory_->load<std::uint16_t>(layout_.available + kFlags) & VRING_AVAIL_F_NO_INTERRUPT) == 0;
}

void Virtqueue::ask_for_notifications(bool wanted) {
    memory_->store<std::uint16_t>(layout_.used + kFlags, wanted ? 0 : VRING_USED_F_NO_NOTIFY);
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace vmm
