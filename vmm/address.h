// SPDX-License-Identifier: MIT
/// @file
/// @brief The guest's two kinds of address, as types that do not mix.
/// @chapter vmm
#pragma once

#include <compare>
#include <cstdint>

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

}  // namespace vmm
