// SPDX-License-Identifier: MIT
/// @file
/// @brief FUTEX_WAKE_OP's little language.
/// @chapter processes
#include "proc/futex.h"

namespace {

constexpr i32 sign_extended_12(u32 value) { return static_cast<i32>(value << 20) >> 20; }

}  // namespace

// Bits 31:28 the change (bit 31: the operand is a shift count), 27:24 the comparison, 23:12 the operand, 11:0 what is compared with.
Result<FutexOperation> FutexOperation::decode(u32 word) {
    const u32 change = (word >> 28) & 7, compare = (word >> 24) & 0xf;
    if (change > 4 || compare > 5) return Error{ENOSYS};
    const i32 operand = sign_extended_12(word >> 12 & 0xfff);
    const bool is_shift = word >> 31;
    return FutexOperation{.change = static_cast<Change>(change),
                          .compare = static_cast<Compare>(compare),
                          .operand = is_shift ? 1U << (operand & 31) : static_cast<u32>(operand),
                          .compared_with = sign_extended_12(word & 0xfff)};
}

u32 FutexOperation::changed(u32 old) const {
    switch (change) {
    case Change::Set: return operand;
    case Change::Add: return old + operand;
    case Change::Or: return old | operand;
    case Change::AndNot: return old & ~operand;
    case Change::Xor: return old ^ operand;
    }
    return old;
}

bool FutexOperation::compares(u32 old) const {
    const i32 value = static_cast<i32>(old);
    switch (compare) {
    case Compare::Equal: return value == compared_with;
    case Compare::NotEqual: return value != compared_with;
    case Compare::Less: return value < compared_with;
    case Compare::LessEqual: return value <= compared_with;
    case Compare::Greater: return value > compared_with;
    case Compare::GreaterEqual: return value >= compared_with;
    }
    return false;
}
