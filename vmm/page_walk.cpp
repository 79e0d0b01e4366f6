// SPDX-License-Identifier: MIT
/// @file
/// @brief Walks the guest's page tables, as the processor would.
/// @chapter vmm
#include "vmm/page_walk.h"

#include <array>
#include <span>

namespace vmm {
namespace {

constexpr std::uint64_t kCr0Paging = 1ULL << 31;
constexpr std::uint64_t kCr4PageSizeExtension = 1 << 4;
constexpr std::uint64_t kCr4PhysicalAddressExtension = 1 << 5;
constexpr std::uint64_t kEferLongModeActive = 1 << 10;
constexpr std::uint16_t kSegmentLong = 1 << 9;
constexpr std::uint16_t kSegmentBig = 1 << 10;

constexpr std::uint64_t kPresent = 1 << 0;
constexpr std::uint64_t kLarge = 1 << 7;
constexpr std::uint64_t kAddressBits = 0x000f'ffff'ffff'f000;

/// One level of a paging mode: which bits of the address choose the entry, and whether the entry may be a large page.
struct Level {
    unsigned shift;
    unsigned bits;
    bool large;
};

/// A paging mode: its levels from the root down, and the bytes of an entry.
struct Mode {
    std::span<const Level> levels;
    unsigned entry_size;
    std::uint64_t root_mask;
};

constexpr std::array<Level, 4> kLongLevels{{{39, 9, false}, {30, 9, true}, {21, 9, true}, {12, 9, false}}};
constexpr std::array<Level, 3> kPaeLevels{{{30, 2, false}, {21, 9, true}, {12, 9, false}}};
constexpr std::array<Level, 2> kLegacyLevels{{{22, 10, true}, {12, 10, false}}};
constexpr std::array<Level, 2> kLegacySmallLevels{{{22, 10, false}, {12, 10, false}}};

Mode mode_of(const abi::SystemRegisters& system) {
    if ((system.efer & kEferLongModeActive) != 0) return {kLongLevels, 8, kAddressBits};
    if ((system.cr4 & kCr4PhysicalAddressExtension) != 0) return {kPaeLevels, 8, 0xffff'ffe0};
    const bool large = (system.cr4 & kCr4PageSizeExtension) != 0;
    return {large ? std::span<const Level>(kLegacyLevels) : std::span<const Level>(kLegacySmallLevels), 4, 0xffff'f000};
}

std::uint64_t load_entry(const GuestMemory& memory, GuestPhys at, unsigned size) {
    return size == 8 ? memory.load<std::uint64_t>(at) : memory.load<std::uint32_t>(at);
}

}  // namespace

CodeWidth code_width(const abi::SystemRegisters& system) {
    const bool long_mode = (system.efer & kEferLongModeActive) != 0;
    if (long_mode && (system.cs.attributes & kSegmentLong) != 0) return CodeWidth::Bits64;
    return (system.cs.attributes & kSegmentBig) != 0 ? CodeWidth::Bits32 : CodeWidth::Bits16;
}

std::optional<GuestPhys> walk(const GuestMemory& memory, const abi::SystemRegisters& system, GuestVirt address) {
    if ((system.cr0 & kCr0Paging) == 0) return GuestPhys(address.value);
    const Mode mode = mode_of(system);
    GuestPhys table{system.cr3 & mode.root_mask};
    for (const Level& level : mode.levels) {
        const std::uint64_t index = address.value >> level.shift & ((1ULL << level.bits) - 1);
        const GuestPhys at = table + index * mode.entry_size;
        if (!memory.contains(at, mode.entry_size)) return std::nullopt;
        const std::uint64_t entry = load_entry(memory, at, mode.entry_size);
        if ((entry & kPresent) == 0) return std::nullopt;
        if (level.shift == 12 || (level.large && (entry & kLarge) != 0)) {
            const std::uint64_t offset = (1ULL << level.shift) - 1;
            return GuestPhys((entry & kAddressBits & ~offset) | (address.value & offset));
        }
        table = GuestPhys(entry & kAddressBits);
    }
    return std::nullopt;  // not reached: the last level answers
}

}  // namespace vmm
