// SPDX-License-Identifier: MIT
/// @file
/// @brief The processor's arithmetic on 1, 2, 4 or 8 bytes, with the flags that it leaves.
/// @chapter vmm
#include "vmm/arithmetic.h"

#include <bit>

#include "vmm/registers.h"

namespace vmm {

Computed compute(Operation operation, std::uint64_t left, std::uint64_t right, unsigned bytes) {
    left = truncated(left, bytes);
    right = truncated(right, bytes);
    std::uint64_t result = 0;
    std::uint64_t overflow = 0;  // its sign bit tells
    bool carry = false;
    switch (operation) {
    case Operation::Add:
        result = truncated(left + right, bytes);
        carry = result < left;
        overflow = ~(left ^ right) & (left ^ result);
        break;
    case Operation::Subtract:
        result = truncated(left - right, bytes);
        carry = left < right;
        overflow = (left ^ right) & (left ^ result);
        break;
    case Operation::And: result = left & right; break;
    case Operation::Or: result = left | right; break;
    case Operation::Xor: result = left ^ right; break;
    }
    const bool sum = operation == Operation::Add || operation == Operation::Subtract;
    const std::uint64_t sign = 1ULL << (8 * bytes - 1);
    std::uint64_t flags = 0;
    if (carry) flags |= kCarryFlag;
    if (std::popcount(result & 0xff) % 2 == 0) flags |= kParityFlag;
    if (sum && ((left ^ right ^ result) & 0x10) != 0) flags |= kAdjustFlag;
    if (result == 0) flags |= kZeroFlag;
    if ((result & sign) != 0) flags |= kSignFlag;
    if ((overflow & sign) != 0) flags |= kOverflowFlag;
    return {result, flags};
}

}  // namespace vmm
