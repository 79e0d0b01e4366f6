// SPDX-License-Identifier: MIT
/// @file
/// @brief Walks the guest's page tables, as the processor would.
/// @chapter vmm
#include "vmm/page_walk.h"

#include <asm/processor-flags.h>

namespace vmm {
namespace {

constexpr std::uint64_t kEferLongModeActive = 1 << 10;
constexpr std::uint16_t kSegmentLong = 1 << 9;
constexpr std::uint16_t kSegmentBig = 1 << 10;

constexpr std::uint64_t kPresent = 1 << 0;
constexpr std::uint64_t kLarge = 1 << 7;
constexpr std::uint64_t kAddressBits = 0x000f'ffff'ffff'f000;

constexpr unsigned kRootShift = 39;
constexpr unsigned kPageShift = 12;
constexpr unsigned kIndexBits = 9;

}  // namespace

CodeWidth code_width(const abi::SystemRegisters& system) {
    const bool long_mode = (system.efer & kEferLongModeActive) != 0;
    if (long_mode && (system.cs.attributes & kSegmentLong) != 0) return CodeWidth::Bits64;
    return (system.cs.attributes & kSegmentBig) != 0 ? CodeWidth::Bits32 : CodeWidth::Bits16;
}

std::optional<GuestPhys> walk(const GuestMemory& memory, const abi::SystemRegisters& system, GuestVirt address) {
    if ((system.cr0 & X86_CR0_PG) == 0) return GuestPhys(address.value);
    if ((system.efer & kEferLongModeActive) == 0) return std::nullopt;
    std::uint64_t entry = system.cr3;
    for (unsigned shift = kRootShift;; shift -= kIndexBits) {
        const std::uint64_t index = address.value >> shift & ((1ULL << kIndexBits) - 1);
        const GuestPhys at = GuestPhys(entry & kAddressBits) + index * sizeof entry;
        if (!memory.contains(at, sizeof entry)) return std::nullopt;
        entry = memory.load<std::uint64_t>(at);
        if ((entry & kPresent) == 0) return std::nullopt;
        if (shift == kPageShift || (shift < kRootShift && (entry & kLarge) != 0)) {
            const std::uint64_t offset = (1ULL << shift) - 1;
            return GuestPhys((entry & kAddressBits & ~offset) | (address.value & offset));
        }
    }
}

}  // namespace vmm
