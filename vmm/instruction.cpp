// SPDX-License-Identifier: MIT
/// @file
/// @brief Fetches and decodes the instruction that the guest stopped at.
/// @chapter vmm
#include "vmm/instruction.h"

#include <algorithm>

#include "vmm/memory_map.h"
#include "vmm/registers.h"

namespace vmm {
namespace {

ZydisDecoder decoder_for(CodeWidth width) {
    constexpr std::array kModes{ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_MACHINE_MODE_LONG_64};
    constexpr std::array kStacks{ZYDIS_STACK_WIDTH_16, ZYDIS_STACK_WIDTH_32, ZYDIS_STACK_WIDTH_64};
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, kModes.at(static_cast<unsigned>(width)), kStacks.at(static_cast<unsigned>(width)));
    return decoder;
}

/// Copies code bytes from `address` up to the end of its page; how many. An instruction can go on in the next page.
std::size_t fetch_from_page(const GuestMemory& memory, const abi::SystemRegisters& system, GuestVirt address,
                            std::span<std::byte> to) {
    const auto physical = walk(memory, system, address);
    const std::size_t size = std::min<std::size_t>(to.size(), kPageSize - address.value % kPageSize);
    if (!physical || !memory.contains(*physical, size)) return 0;
    memory.read(*physical, to.first(size));
    return size;
}

/// In 64-bit code only FS and GS have a base.
std::uint64_t segment_base(const Instruction& instruction, const abi::SystemRegisters& system, ZydisRegister name) {
    const std::array segments{&system.es, &system.cs, &system.ss, &system.ds, &system.fs, &system.gs};
    const bool flat = instruction.width == CodeWidth::Bits64 && name != ZYDIS_REGISTER_FS && name != ZYDIS_REGISTER_GS;
    return flat || name == ZYDIS_REGISTER_NONE ? 0 : segments.at(name - ZYDIS_REGISTER_ES)->base;
}

std::uint64_t effective_offset(const Instruction& instruction, const ZydisDecodedOperandMem& operand,
                               abi::RingV& state) {
    std::uint64_t offset = static_cast<std::uint64_t>(operand.disp.has_displacement ? operand.disp.value : 0);
    if (operand.base == ZYDIS_REGISTER_RIP || operand.base == ZYDIS_REGISTER_EIP) {
        offset += state.general.rip + instruction.info.length;
    } else {
        offset += read_register(state.general, operand.base).value_or(0);
    }
    offset += read_register(state.general, operand.index).value_or(0) * operand.scale;
    return truncated(offset, instruction.info.address_width / 8U);
}

}  // namespace

std::optional<Instruction> fetch_instruction(const GuestMemory& memory, const abi::RingV& state) {
    Instruction instruction{};
    instruction.width = code_width(state.system);
    const bool flat = instruction.width == CodeWidth::Bits64;
    const GuestVirt start{flat ? state.general.rip : truncated(state.general.rip + state.system.cs.base, 4)};

    std::array<std::byte, ZYDIS_MAX_INSTRUCTION_LENGTH> bytes{};
    const std::span all(bytes);
    std::size_t size = fetch_from_page(memory, state.system, start, all);
    if (size != 0 && size < all.size()) size += fetch_from_page(memory, state.system, start + size, all.subspan(size));

    const ZydisDecoder decoder = decoder_for(instruction.width);
    const ZyanStatus status =
        ZydisDecoderDecodeFull(&decoder, bytes.data(), size, &instruction.info, instruction.operands.data());
    if (!ZYAN_SUCCESS(status)) return std::nullopt;
    return instruction;
}

GuestVirt operand_address(const Instruction& instruction, const ZydisDecodedOperand& operand, abi::RingV& state) {
    const std::uint64_t offset = effective_offset(instruction, operand.mem, state);
    const std::uint64_t linear = offset + segment_base(instruction, state.system, operand.mem.segment);
    return GuestVirt(instruction.width == CodeWidth::Bits64 ? linear : truncated(linear, 4));
}

std::string Instruction::text() const {
    ZydisFormatter formatter;
    ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
    std::array<char, 128> line{};
    ZydisFormatterFormatInstruction(&formatter, &info, operands.data(), info.operand_count_visible, line.data(),
                                    line.size(), ZYDIS_RUNTIME_ADDRESS_NONE, nullptr);
    return line.data();
}

}  // namespace vmm
