// SPDX-License-Identifier: MIT
/// @file
/// @brief The guest's general registers by the names that the decoder uses, with x86's rules for partial writes.
/// @chapter vmm
#pragma once

#include <Zydis/Zydis.h>

#include <cstdint>
#include <optional>

#include "kernel/abi/ring_v.h"

namespace vmm {

/// The low `bytes` bytes of `value`.
constexpr std::uint64_t truncated(std::uint64_t value, unsigned bytes) {
    return bytes >= 8 ? value : value & ((1ULL << (8 * bytes)) - 1);
}

/// The low `bytes` bytes of `value`, sign-extended.
constexpr std::uint64_t sign_extended(std::uint64_t value, unsigned bytes) {
    const unsigned unused = 64 - 8 * bytes;
    return bytes >= 8 ? value : static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused);
}
static_assert(truncated(0x1ff, 1) == 0xff && sign_extended(0x80, 1) == 0xffff'ffff'ffff'ff80);

/// General register `number` (0 .. 15, as instructions encode it).
std::uint64_t& general_register(abi::GeneralRegisters& registers, unsigned number);

/// Stores the low `bytes` bytes of `value` in a register: 4 bytes clear the upper half, 1 and 2 leave the rest alone.
void write_partial(std::uint64_t& target, std::uint64_t value, unsigned bytes);

/// The value of a general register of any width; none when `name` is of another kind.
std::optional<std::uint64_t> read_register(abi::GeneralRegisters& registers, ZydisRegister name);

/// Stores to a general register of any width; false when `name` is of another kind.
bool write_register(abi::GeneralRegisters& registers, ZydisRegister name, std::uint64_t value);

}  // namespace vmm
