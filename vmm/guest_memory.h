// SPDX-License-Identifier: MIT
/// @file
/// @brief The guest's memory: the one place where a guest-physical address becomes bytes.
/// @chapter vmm
///
/// Every address that a guest supplies passes through here, is checked against the memory that the guest has, and is
/// copied in or out. Nobody else holds a pointer into guest memory, so a guest that changes a value after the check
/// changes nothing.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace vmm {

/// A guest-physical address. In Twain it equals an address of the VMM's own process, but only `GuestMemory` knows that.
struct GuestPhys {
    std::uint64_t value = 0;

    constexpr GuestPhys() = default;
    constexpr explicit GuestPhys(std::uint64_t v) : value(v) {}
    constexpr GuestPhys operator+(std::uint64_t bytes) const { return GuestPhys(value + bytes); }
    constexpr std::uint64_t operator-(GuestPhys other) const { return value - other.value; }
    constexpr auto operator<=>(const GuestPhys&) const = default;
};

/// A guest-virtual (linear) address: what the guest's page tables translate.
struct GuestVirt {
    std::uint64_t value = 0;

    constexpr GuestVirt() = default;
    constexpr explicit GuestVirt(std::uint64_t v) : value(v) {}
    constexpr GuestVirt operator+(std::uint64_t bytes) const { return GuestVirt(value + bytes); }
    constexpr auto operator<=>(const GuestVirt&) const = default;
};

static_assert(sizeof(GuestPhys) == 8 && sizeof(GuestVirt) == 8);

/// A piece of guest-physical space that has bytes behind it.
struct MemoryRange {
    GuestPhys start;
    std::uint64_t size;
    std::byte* bytes;  ///< of `size` bytes; not owned
};

/// Checked access to all memory of one guest. Safe to use from several threads: it holds no state but the ranges.
class GuestMemory {
   public:
    /// `ranges` do not overlap. An access must lie within one of them.
    explicit GuestMemory(std::vector<MemoryRange> ranges) : ranges_(std::move(ranges)) {}

    /// Whether all of [start, start + size) has bytes behind it; true for a size of 0.
    bool contains(GuestPhys start, std::uint64_t size) const;

    /// Copies from the guest. Throws GuestError, and touches nothing, when a byte of it lies outside.
    void read(GuestPhys from, std::span<std::byte> to) const;

    /// Copies to the guest. Throws GuestError, and touches nothing, when a byte of it lies outside.
    void write(GuestPhys to, std::span<const std::byte> from) const;

    /// Reads `size` bytes of the open file `fd` at `offset` into the guest; false when the file ends or fails before
    /// that. Throws GuestError as `write` does.
    bool read_file(GuestPhys to, int fd, std::uint64_t offset, std::uint64_t size) const;

    /// One value, copied in.
    template <typename T>
    T load(GuestPhys from) const {
        static_assert(std::is_trivially_copyable_v<T>);
        T value;
        read(from, std::as_writable_bytes(std::span(&value, 1)));
        return value;
    }

    /// One value, copied out.
    template <typename T>
    void store(GuestPhys to, const T& value) const {
        static_assert(std::is_trivially_copyable_v<T>);
        write(to, std::as_bytes(std::span(&value, 1)));
    }

    /// A 16-bit index that another processor publishes: what it wrote before the index is seen after this load.
    /// Throws GuestError when `from` is outside or odd.
    std::uint16_t load_acquire(GuestPhys from) const;

    /// Publishes a 16-bit index: what was stored before is seen by who sees the index. Throws GuestError as above.
    void store_release(GuestPhys to, std::uint16_t value) const;

   private:
    /// The bytes of [start, start + size): the only conversion. Throws GuestError.
    std::byte* bytes_of(GuestPhys start, std::uint64_t size) const;
    std::uint16_t* index_at(GuestPhys at) const;

    std::vector<MemoryRange> ranges_;
};

}  // namespace vmm
