// SPDX-License-Identifier: MIT
/// @file
/// @brief Integers, sizes, and the four kinds of address that must never be mixed.
/// @chapter machine
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;
using usize = std::size_t;

inline constexpr u64 kKiB = 1ULL << 10;
inline constexpr u64 kMiB = 1ULL << 20;
inline constexpr u64 kGiB = 1ULL << 30;

inline constexpr unsigned kPageShift = 12;
inline constexpr u64 kPageBytes = 1ULL << kPageShift;

/// Rounds `value` down to a multiple of `unit`, a power of two.
constexpr u64 align_down(u64 value, u64 unit) { return value & ~(unit - 1); }
/// Rounds `value` up to a multiple of `unit`, a power of two; wraps to 0 above the last multiple.
constexpr u64 align_up(u64 value, u64 unit) { return align_down(value + unit - 1, unit); }
constexpr bool is_aligned(u64 value, u64 unit) { return (value & (unit - 1)) == 0; }

/// An address of one kind: 8 bytes, explicit to make, impossible to mix with another kind.
/// @tparam Kind an empty tag type.
template <class Kind>
struct Address {
    u64 raw = 0;

    constexpr Address() = default;
    constexpr explicit Address(u64 value) : raw(value) {}

    constexpr Address operator+(u64 bytes) const { return Address(raw + bytes); }
    constexpr Address operator-(u64 bytes) const { return Address(raw - bytes); }
    /// The distance in bytes from `other` up to this address.
    constexpr u64 operator-(Address other) const { return raw - other.raw; }
    constexpr Address& operator+=(u64 bytes) { return raw += bytes, *this; }
    constexpr auto operator<=>(const Address&) const = default;

    constexpr Address page() const { return Address(align_down(raw, kPageBytes)); }
    constexpr u64 page_offset() const { return raw & (kPageBytes - 1); }
    constexpr bool is_page_aligned() const { return page_offset() == 0; }
};

using PhysAddr = Address<struct PhysKind>;        ///< host-physical: what the memory bus sees
using VirtAddr = Address<struct VirtKind>;        ///< host-virtual: a process's or the kernel's
using GuestPhys = Address<struct GuestPhysKind>;  ///< guest-physical
using GuestVirt = Address<struct GuestVirtKind>;  ///< guest-virtual

/// The one idea of Twain: inside the window a guest-physical address *is* its process's virtual address.
constexpr VirtAddr virt_from_guest_phys(GuestPhys address) { return VirtAddr(address.raw); }
constexpr GuestPhys guest_phys_from_virt(VirtAddr address) { return GuestPhys(address.raw); }

static_assert(sizeof(PhysAddr) == 8);
