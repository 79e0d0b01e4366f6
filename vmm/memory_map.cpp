// SPDX-License-Identifier: MIT
/// @file
/// @brief Where everything lies in the guest's physical address space.
/// @chapter vmm
#include "vmm/memory_map.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "vmm/failure.h"

namespace vmm {
namespace {

constexpr GuestPhys kLowPagesEnd{0xa0000};

/// The memory from `first` to the hole and, if there is more than fits, above it.
void add_high_memory(std::vector<Extent>& extents, GuestPhys first, std::uint64_t memory) {
    const GuestPhys end{std::min(memory, kDeviceHole.value)};
    extents.push_back({first, end});
    if (memory > kDeviceHole.value) extents.push_back({kAboveHole, kAboveHole + (memory - kDeviceHole.value)});
}

/// Guest-physical == own virtual: here, and only here, an address of the guest is an address of this process.
std::byte* own_address(GuestPhys at) { return reinterpret_cast<std::byte*>(at.value); }

}  // namespace

std::vector<Extent> backed_extents(std::uint64_t memory) {
    std::vector<Extent> extents{{kLowMemoryStart, kLowPagesEnd}};
    add_high_memory(extents, kFirmwareStart, memory);
    return extents;
}

std::vector<Extent> usable_extents(std::uint64_t memory) {
    std::vector<Extent> extents{{kLowMemoryStart, kLowMemoryEnd}};
    add_high_memory(extents, kHighMemoryStart, memory);
    return extents;
}

GuestRam::GuestRam(std::uint64_t memory) {
    std::vector<MemoryRange> ranges;
    for (const Extent& extent : backed_extents(memory)) {
        std::byte* wanted = own_address(extent.start);
        const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
        if (::mmap(wanted, extent.size(), PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0) == MAP_FAILED) {
            throw Failure("cannot map " + std::to_string(memory / kMiB) + " MiB of guest memory at " +
                          hex(extent.start.value) + ": " + std::strerror(errno) + "; try a smaller --memory");
        }
        mapped_.push_back(extent);
        ranges.push_back({extent.start, extent.size(), wanted});
    }
    memory_ = std::make_unique<GuestMemory>(std::move(ranges));
}

GuestRam::~GuestRam() {
    for (const Extent& extent : mapped_) ::munmap(own_address(extent.start), extent.size());
}

}  // namespace vmm
