// SPDX-License-Identifier: MIT
/// @file
/// @brief The processor's arithmetic on 1, 2, 4 or 8 bytes, with the flags that it leaves.
/// @chapter vmm
#pragma once

#include <cstdint>

namespace vmm {

/// The flags that arithmetic sets. @sdm{EFLAGS Register, 3.4.3}
inline constexpr std::uint64_t kCarryFlag = 1 << 0;
inline constexpr std::uint64_t kParityFlag = 1 << 2;
inline constexpr std::uint64_t kAdjustFlag = 1 << 4;
inline constexpr std::uint64_t kZeroFlag = 1 << 6;
inline constexpr std::uint64_t kSignFlag = 1 << 7;
inline constexpr std::uint64_t kDirectionFlag = 1 << 10;
inline constexpr std::uint64_t kOverflowFlag = 1 << 11;
inline constexpr std::uint64_t kArithmeticFlags =
    kCarryFlag | kParityFlag | kAdjustFlag | kZeroFlag | kSignFlag | kOverflowFlag;

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
