// SPDX-License-Identifier: MIT
/// @file
/// @brief The guest's memory: the one place where a guest-physical address becomes bytes.
/// @chapter vmm
#include "vmm/guest_memory.h"

#include <unistd.h>

#include <atomic>
#include <cstring>

#include "vmm/failure.h"

namespace vmm {
namespace {

/// Whether [start, start + size) lies in `range`, whatever the numbers: no sum here can wrap around.
bool lies_within(const MemoryRange& range, GuestPhys start, std::uint64_t size) {
    if (start < range.start) return false;
    const std::uint64_t offset = start - range.start;
    return offset <= range.size && size <= range.size - offset;
}

}  // namespace

std::byte* GuestMemory::bytes_of(GuestPhys start, std::uint64_t size) const {
    for (const MemoryRange& range : ranges_) {
        if (lies_within(range, start, size)) return range.bytes + (start - range.start);
    }
    throw GuestError("guest-physical address " + hex(start.value) + " (" + std::to_string(size) +
                     " bytes) is outside its memory");
}

bool GuestMemory::contains(GuestPhys start, std::uint64_t size) const {
    if (size == 0) return true;
    for (const MemoryRange& range : ranges_) {
        if (lies_within(range, start, size)) return true;
    }
    return false;
}

void GuestMemory::read(GuestPhys from, std::span<std::byte> to) const {
    if (to.empty()) return;
    std::memcpy(to.data(), bytes_of(from, to.size()), to.size());
}

void GuestMemory::write(GuestPhys to, std::span<const std::byte> from) const {
    if (from.empty()) return;
    std::memcpy(bytes_of(to, from.size()), from.data(), from.size());
}

bool GuestMemory::read_file(GuestPhys to, int fd, std::uint64_t offset, std::uint64_t size) const {
    std::byte* bytes = size == 0 ? nullptr : bytes_of(to, size);
    while (size != 0) {
        const ssize_t got = ::pread(fd, bytes, size, static_cast<off_t>(offset));
        if (got <= 0) return false;
        bytes += got;
        offset += static_cast<std::uint64_t>(got);
        size -= static_cast<std::uint64_t>(got);
    }
    return true;
}

std::uint16_t* GuestMemory::index_at(GuestPhys at) const {
    std::byte* bytes = bytes_of(at, sizeof(std::uint16_t));
    if (at.value % alignof(std::uint16_t) != 0) throw GuestError("ring index at odd address " + hex(at.value));
    return reinterpret_cast<std::uint16_t*>(bytes);
}

std::uint16_t GuestMemory::load_acquire(GuestPhys from) const {
    return std::atomic_ref(*index_at(from)).load(std::memory_order_acquire);
}

void GuestMemory::store_release(GuestPhys to, std::uint16_t value) const {
    std::atomic_ref(*index_at(to)).store(value, std::memory_order_release);
}

}  // namespace vmm
