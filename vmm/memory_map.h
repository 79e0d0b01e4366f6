// SPDX-License-Identifier: MIT
/// @file
/// @brief Where everything lies in the guest's physical address space.
/// @chapter vmm
///
///     0x00000000  page 0: not there, so that a null pointer of the VMM still faults
///     0x00001000  low memory: boot structures, later the guest's
///     0x0009fc00  (the rest of this page and the VGA hole are not told to the guest)
///     0x000c0000  firmware area, memory that the guest is told to keep: ACPI tables at 0xe0000
///     0x00100000  memory, up to 3 GiB
///     0xc0000000  devices: virtio at 0xd0000000, I/O APIC at 0xfec00000, local APIC at 0xfee00000
///     0x100000000 the rest of the memory
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "vmm/guest_memory.h"

namespace vmm {

inline constexpr std::uint64_t kMiB = 1ULL << 20;
inline constexpr std::uint64_t kGiB = 1ULL << 30;

inline constexpr std::uint64_t kPageSize = 4096;
inline constexpr GuestPhys kLowMemoryStart{0x1000};
inline constexpr GuestPhys kLowMemoryEnd{0x9fc00};  ///< as the guest is told; the page is whole
inline constexpr GuestPhys kFirmwareStart{0xc0000};
inline constexpr GuestPhys kHighMemoryStart{0x100000};
inline constexpr GuestPhys kDeviceHole{3 * kGiB};
inline constexpr GuestPhys kAboveHole{4 * kGiB};
inline constexpr GuestPhys kVirtioBase{0xd0000000};  ///< one device every `VirtioMmio::kSize`
inline constexpr GuestPhys kIoApicBase{0xfec00000};
inline constexpr GuestPhys kLocalApicBase{0xfee00000};  ///< of each processor its own, a page

// What the boot protocol needs for a moment, in low memory.
inline constexpr GuestPhys kGdt{0x1000};
inline constexpr GuestPhys kBootParams{0x2000};
inline constexpr GuestPhys kBootPageTables{0x3000};  ///< six pages
inline constexpr GuestPhys kCommandLine{0x10000};

inline constexpr std::uint64_t kSmallestMemory = 16 * kMiB;
inline constexpr std::uint64_t kLargestMemory = 510 * kGiB;  ///< with the hole, what the window holds

/// A span of guest-physical space.
struct Extent {
    GuestPhys start;
    GuestPhys end;
    std::uint64_t size() const { return end - start; }
};

/// Where a guest of `memory` bytes has bytes, in whole pages: low memory, firmware area with the memory up to the
/// hole, and the memory above the hole if there is any.
std::vector<Extent> backed_extents(std::uint64_t memory);

/// What the guest is told it may use: the same without the firmware area and the page at 0x9f000's last KiB.
std::vector<Extent> usable_extents(std::uint64_t memory);

/// Owns the memory of the guest: anonymous mappings of this process at the guest's own addresses, given back at the
/// end.
class GuestRam {
   public:
    /// Maps `memory` bytes. Throws Failure when the kernel refuses.
    explicit GuestRam(std::uint64_t memory);
    ~GuestRam();
    GuestRam(const GuestRam&) = delete;
    GuestRam& operator=(const GuestRam&) = delete;

    const GuestMemory& memory() const { return *memory_; }

   private:
    std::vector<Extent> mapped_;
    std::unique_ptr<GuestMemory> memory_;
};

}  // namespace vmm
