// SPDX-License-Identifier: MIT
/// @file
/// @brief The guest's general registers by the decoder's names, partial writes, and arithmetic with its flags.
/// @chapter vmm
#include "vmm/registers.h"

#include <array>
#include <bit>

namespace vmm {
namespace {

/// A register as a part of a 64-bit one.
struct RegisterPart {
    std::uint64_t* whole;
    unsigned bytes;
    unsigned shift;  ///< 8 for AH, CH, DH and BH
};

bool is_high_byte(ZydisRegister name) { return name >= ZYDIS_REGISTER_AH && name <= ZYDIS_REGISTER_BH; }

std::optional<RegisterPart> part_of(abi::GeneralRegisters& registers, ZydisRegister name) {
    constexpr ZydisMachineMode kMode = ZYDIS_MACHINE_MODE_LONG_64;
    const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(kMode, name);
    if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15) return std::nullopt;
    const auto number = static_cast<unsigned>(whole - ZYDIS_REGISTER_RAX);
    const unsigned bytes = ZydisRegisterGetWidth(kMode, name) / 8U;
    return RegisterPart{&general_register(registers, number), bytes, is_high_byte(name) ? 8U : 0U};
}

}  // namespace

std::uint64_t& general_register(abi::GeneralRegisters& registers, unsigned number) {
    using R = abi::GeneralRegisters;
    static constexpr std::array<std::uint64_t R::*, 16> kByNumber{&R::rax, &R::rcx, &R::rdx, &R::rbx, &R::rsp, &R::rbp,
                                                                  &R::rsi, &R::rdi, &R::r8,  &R::r9,  &R::r10, &R::r11,
                                                                  &R::r12, &R::r13, &R::r14, &R::r15};
    return registers.*kByNumber.at(number);
}

void write_partial(std::uint64_t& target, std::uint64_t value, unsigned bytes) {
    const std::uint64_t kept = bytes < 4 ? target & ~truncated(~0ULL, bytes) : 0;
    target = kept | truncated(value, bytes);
}

std::optional<std::uint64_t> read_register(abi::GeneralRegisters& registers, ZydisRegister name) {
    const auto part = part_of(registers, name);
    if (!part) return std::nullopt;
    return truncated(*part->whole >> part->shift, part->bytes);
}

bool write_register(abi::GeneralRegisters& registers, ZydisRegister name, std::uint64_t value) {
    const auto part = part_of(registers, name);
    if (!part) return false;
    if (part->shift == 0) {
        write_partial(*part->whole, value, part->bytes);
    } else {
        *part->whole = (*part->whole & ~0xff00ULL) | (value & 0xff) << 8;
    }
    return true;
}

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
