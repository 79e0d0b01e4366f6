// SPDX-License-Identifier: MIT
/// @file
/// @brief Fetches and decodes the instruction that the guest stopped at.
/// @chapter vmm
#pragma once

#include <Zydis/Zydis.h>

#include <array>
#include <optional>
#include <string>

#include "kernel/abi/ring_v.h"
#include "vmm/guest_memory.h"
#include "vmm/page_walk.h"

namespace vmm {

/// A decoded instruction.
struct Instruction {
    ZydisDecodedInstruction info;
    std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
    CodeWidth width;

    /// How it looks in an assembler listing.
    std::string text() const;
};

/// The instruction at `state.general.rip`, fetched through the guest's page tables; none when it cannot be fetched or
/// is no instruction.
std::optional<Instruction> fetch_instruction(const GuestMemory& memory, const abi::RingV& state);

/// The linear address of a memory operand: base, index, displacement and the segment's base.
GuestVirt operand_address(const Instruction& instruction, const ZydisDecodedOperand& operand, abi::RingV& state);

}  // namespace vmm
