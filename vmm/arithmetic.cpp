// SPDX-License-Identifier: MIT
/// @file
/// @brief The processor's arithmetic on 1, 2, 4 or 8 bytes, with the flags that it leaves.
/// @chapter vmm
#include "vmm/arithmetic.h"

#include <bit>

#include "vmm/registers.h"

namespace vmm {
namespace {

std::uint64_t flag_if(bool set, std::uint64_t flag) { return set ? flag : 0; }

/// Zero, sign and parity, which every operation sets alike.
std::uint64_t result_flags(std::uint64_t result, unsigned bytes) {
    const bool negative = (result >> (8 * bytes - 1) & 1) != 0;
    const bool even = std::popcount(result & 0xff) % 2 == 0;
    return flag_if(result == 0, kZeroFlag) | flag_if(negative, kSignFlag) | flag_if(even, kParityFlag);
}

Computed add(std::uint64_t left, std::uint64_t right, unsigned bytes, unsigned carry) {
    const std::uint64_t sum = truncated(left + right + carry, bytes);
    const bool carried = sum < left || (carry != 0 && sum == left);
    const std::uint64_t sign = 1ULL << (8 * bytes - 1);
    const bool overflow = (~(left ^ right) & (left ^ sum) & sign) != 0;
    const bool adjust = ((left ^ right ^ sum) & 0x10) != 0;
    return {sum, result_flags(sum, bytes) | flag_if(carried, kCarryFlag) | flag_if(overflow, kOverflowFlag) |
                     flag_if(adjust, kAdjustFlag)};
}

Computed subtract(std::uint64_t left, std::uint64_t right, unsigned bytes, unsigned borrow) {
    const std::uint64_t difference = truncated(left - right - borrow, bytes);
    const bool borrowed = left < right || (borrow != 0 && left == right);
    const std::uint64_t sign = 1ULL << (8 * bytes - 1);
    const bool overflow = ((left ^ right) & (left ^ difference) & sign) != 0;
    const bool adjust = ((left ^ right ^ difference) & 0x10) != 0;
    return {difference, result_flags(difference, bytes) | flag_if(borrowed, kCarryFlag) |
                            flag_if(overflow, kOverflowFlag) | flag_if(adjust, kAdjustFlag)};
}

}  // namespace

Computed compute(Operation operation, std::uint64_t left, std::uint64_t right, unsigned bytes, unsigned carry) {
    left = truncated(left, bytes);
    right = truncated(right, bytes);
    switch (operation) {
    case Operation::Add: return add(left, right, bytes, carry);
    case Operation::Subtract: return subtract(left, right, bytes, carry);
    case Operation::And: return {left & right, result_flags(left & right, bytes)};
    case Operation::Or: return {left | right, result_flags(left | right, bytes)};
    case Operation::Xor: return {left ^ right, result_flags(left ^ right, bytes)};
    }
    return {};
}

}  // namespace vmm
