// SPDX-License-Identifier: MIT
/// @file
/// @brief FUTEX_WAKE_OP's operation word.
/// @chapter testing
#include "proc/futex.h"

#include <gtest/gtest.h>
#include <linux/futex.h>

namespace {

FutexOperation decoded(u32 operation, u32 operand, u32 comparison, u32 compared_with) {
    const auto result = FutexOperation::decode(FUTEX_OP(operation, operand, comparison, compared_with));
    EXPECT_TRUE(result.ok());
    return result.value();
}

TEST(FutexOperation, ChangesTheWord) {
    EXPECT_EQ(decoded(FUTEX_OP_SET, 5, FUTEX_OP_CMP_EQ, 0).changed(9), 5u);
    EXPECT_EQ(decoded(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0).changed(9), 14u);
    EXPECT_EQ(decoded(FUTEX_OP_ADD, 0xfff, FUTEX_OP_CMP_EQ, 0).changed(9), 8u) << "the operand is signed";
    EXPECT_EQ(decoded(FUTEX_OP_OR, 6, FUTEX_OP_CMP_EQ, 0).changed(9), 15u);
    EXPECT_EQ(decoded(FUTEX_OP_ANDN, 1, FUTEX_OP_CMP_EQ, 0).changed(9), 8u);
    EXPECT_EQ(decoded(FUTEX_OP_XOR, 1, FUTEX_OP_CMP_EQ, 0).changed(9), 8u);
    EXPECT_EQ(decoded(FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT, 31, FUTEX_OP_CMP_EQ, 0).changed(0), 0x8000'0000u);
}

TEST(FutexOperation, ComparesSigned) {
    EXPECT_TRUE(decoded(FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 3).compares(3));
    EXPECT_TRUE(decoded(FUTEX_OP_SET, 0, FUTEX_OP_CMP_NE, 3).compares(4));
    EXPECT_TRUE(decoded(FUTEX_OP_SET, 0, FUTEX_OP_CMP_LT, 0).compares(~0U));
    EXPECT_TRUE(decoded(FUTEX_OP_SET, 0, FUTEX_OP_CMP_LE, 0xfff).compares(~0U));
    EXPECT_TRUE(decoded(FUTEX_OP_SET, 0, FUTEX_OP_CMP_GT, 0xfff).compares(0));
    EXPECT_FALSE(decoded(FUTEX_OP_SET, 0, FUTEX_OP_CMP_GE, 1).compares(0));
}

TEST(FutexOperation, RefusesUnknownOnes) {
    EXPECT_EQ(FutexOperation::decode(FUTEX_OP(5, 0, 0, 0)).error().code, ENOSYS);
    EXPECT_EQ(FutexOperation::decode(FUTEX_OP(0, 0, 6, 0)).error().code, ENOSYS);
}

}  // namespace
