// SPDX-License-Identifier: MIT
/// @file
/// @brief The guest's general registers by the decoder's names, partial writes, and arithmetic with its flags.
/// @chapter vmm
#pragma once

#include <Zydis/Zydis.h>
#include <asm/processor-flags.h>

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

/// Stores the low `bytes` bytes of `value` in a register, `shift` bits up: 4 bytes clear the upper half, 1 and 2 leave the
/// rest alone.
void write_partial(std::uint64_t& target, std::uint64_t value, unsigned bytes, unsigned shift = 0);

/// The value of a general register of any width; none when `name` is of another kind.
std::optional<std::uint64_t> read_register(abi::GeneralRegisters& registers, ZydisRegister name);

/// Stores to a general register of any width; false when `name` is of another kind.
bool write_register(abi::GeneralRegisters& registers, ZydisRegister name, std::uint64_t value);

/// The flags that arithmetic sets. @sdm{EFLAGS Register, 3.4.3}
inline constexpr std::uint64_t kArithmeticFlags =
    X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_OF;

enum class Operation { Add, Subtract, And, Or, Xor };

/// A result and the arithmetic flags that go with it; all other bits of `flags` are zero.
struct Computed {
    std::uint64_t value;
    std::uint64_t flags;
};

/// `left operation right` on `bytes` bytes.
Computed compute(Operation operation, std::uint64_t left, std::uint64_t right, unsigned bytes);

/// `flags` with the bits of `mask` taken from `from`.
constexpr std::uint64_t with_flags(std::uint64_t flags, std::uint64_t from, std::uint64_t mask) {
    return (flags & ~mask) | (from & mask);
}

}  // namespace vmm
