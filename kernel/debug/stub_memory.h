// SPDX-License-Identifier: MIT
/// @file
/// @brief Memory as the stub reads and writes it: found by a walk of its own, reached through the direct map, never faulting.
/// @chapter observability
#pragma once

#include <optional>
#include <span>

#include "mm/frames.h"

namespace stub {

/// The machine's RAM, physical and through a root table. Nothing but RAM is touched: reading a device's register can change
/// the device. Takes no lock; whoever was stopped may hold any.
class Memory {
   public:
    constexpr Memory() = default;
    /// Tells what is RAM; `ram` outlives this object.
    void set_ram(std::span<const PhysRange> ram) { ram_ = ram; }

    /// Where `address` leads through the tables at `root`. Nothing: it is not mapped, or not to RAM.
    std::optional<PhysAddr> translate(PhysAddr root, VirtAddr address) const;

    /// All of the bytes, or false; then `to` holds some of them, and memory may have some.
    bool read(PhysAddr from, std::span<u8> to) const;
    bool write(PhysAddr to, std::span<const u8> from) const;
    /// The same by virtual address. Rights do not count: the kernel's text and read-only pages are written all the same.
    bool read(PhysAddr root, VirtAddr from, std::span<u8> to) const;
    bool write(PhysAddr root, VirtAddr to, std::span<const u8> from) const;

   private:
    bool is_ram(PhysAddr address, u64 bytes) const;
    std::span<const PhysRange> ram_;
};

}  // namespace stub
