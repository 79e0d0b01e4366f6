// SPDX-License-Identifier: MIT
/// @file
/// @brief The guest's general registers by the decoder's names, partial writes, and arithmetic with its flags.
/// @chapter vmm
#include "vmm/registers.h"

#include <bit>
#include <cstddef>

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
    static_assert(offsetof(abi::GeneralRegisters, r15) == 15 * sizeof(std::uint64_t));
    return reinterpret_cast<std::uint64_t*>(&registers)[number & 15];
}

void write_partial(std::uint64_t& target, std::uint64_t value, unsigned bytes, unsigned shift) {
    const std::uint64_t mask = truncated(~0ULL, bytes) << shift;
    const std::uint64_t kept = bytes < 4 ? target & ~mask : 0;
    target = kept | (value << shift & mask);
}

std::optional<std::uint64_t> read_register(abi::GeneralRegisters& registers, ZydisRegister name) {
    const auto part = part_of(registers, name);
    if (!part) return std::nullopt;
    return truncated(*part->whole >> part->shift, part->bytes);
}

bool write_register(abi::GeneralRegisters& registers, ZydisRegister name, std::uint64_t value) {
    const auto part = part_of(registers, name);
    if (!part) return false;
    write_partial(*part->whole, value, part->bytes, part->shift);
    return true;
}

/// Carry, adjust and overflow can all be read off the carries (or borrows) out of each bit; logic has none.
Computed compute(Operation operation, std::uint64_t left, std::uint64_t right, unsigned bytes) {
    std::uint64_t result = 0;
    std::uint64_t carries = 0;
    switch (operation) {
    case Operation::Add:
        result = left + right;
        carries = (left & right) | ((left | right) & ~result);
        break;
    case Operation::Subtract:
        result = left - right;
        carries = (~left & right) | ((~left | right) & result);
        break;
    case Operation::And: result = left & right; break;
    case Operation::Or: result = left | right; break;
    case Operation::Xor: result = left ^ right; break;
    }
    result = truncated(result, bytes);
    const unsigned sign = 8 * bytes - 1;
    const auto flag = [](std::uint64_t bit, std::uint64_t name) { return (bit & 1) != 0 ? name : 0; };
    return {result, flag(carries >> sign, X86_EFLAGS_CF) | flag(carries >> 3, X86_EFLAGS_AF) |
                        flag(carries >> sign ^ carries >> (sign - 1), X86_EFLAGS_OF) |
                        flag(result >> sign, X86_EFLAGS_SF) | flag(result == 0, X86_EFLAGS_ZF) |
                        flag(std::popcount(result & 0xff) % 2 == 0, X86_EFLAGS_PF)};
}

}  // namespace vmm
