// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading source and instructions.
/// @chapter observability
#include "debugger-ui/target/code.h"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <fstream>

namespace debugger {
namespace {

/// A function longer than this is shown from the address on.
constexpr u64 kMostFunction = 4096, kCodeBytes = 96;
constexpr usize kMostInstructions = 1500;
/// Source files longer than this are something else.
constexpr usize kMostLines = 20'000;
/// Files, and listings of functions.
constexpr usize kMostKept = 500;

bool decode(u64 address, std::span<const u8> code, ZydisDisassembledInstruction& one) {
    return ZYAN_SUCCESS(ZydisDisassembleIntel(ZYDIS_MACHINE_MODE_LONG_64, address, code.data(), code.size(), &one));
}

/// The one address in the code that an instruction names: where it calls or jumps to.
std::optional<u64> address_named(const ZydisDisassembledInstruction& one, u64 address) {
    const ZydisDecodedOperand& operand = one.operands[0];
    ZyanU64 absolute = 0;
    const bool names = one.info.operand_count_visible == 1 && operand.type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
                       operand.imm.is_relative &&
                       ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&one.info, &operand, address, &absolute));
    return names ? std::optional<u64>(absolute) : std::nullopt;
}

}  // namespace

std::vector<Instruction> disassemble(u64 address, std::span<const u8> code, usize most,
                                     const machine::Symbols* symbols) {
    std::vector<Instruction> instructions;
    ZydisDisassembledInstruction one;
    for (usize at = 0; instructions.size() < most && decode(address + at, code.subspan(at), one);
         at += one.info.length) {
        instructions.push_back({address + at, one.text});
        const std::optional<u64> target = symbols ? address_named(one, address + at) : std::nullopt;
        const std::string name = target ? symbols->name_at(VirtAddr(*target)) : std::string();
        const auto own = target ? symbols->function_at(VirtAddr(*target)) : std::nullopt;
        if (own && own->begin.raw == *target && !name.empty()) instructions.back().text += "  " + name;
    }
    return instructions;
}

std::optional<usize> length_of_call(u64 address, std::span<const u8> code) {
    ZydisDisassembledInstruction one;
    if (!decode(address, code, one)) return std::nullopt;
    switch (one.info.mnemonic) {
    case ZYDIS_MNEMONIC_CALL:
    case ZYDIS_MNEMONIC_VMRUN:
    case ZYDIS_MNEMONIC_VMLAUNCH:
    case ZYDIS_MNEMONIC_VMRESUME: return one.info.length;
    default: return std::nullopt;
    }
}

void CodeReader::take(Target& target, const Standing& standing, const machine::Symbols& symbols, VirtAddr address,
                      Snapshot& snapshot) {
    const std::optional<machine::SourceLine> here = symbols.source_of(address);
    snapshot.source = here ? source_of(here->file) : nullptr;
    snapshot.source_line = here ? here->line : 0;
    const auto function = symbols.function_at(address);
    const bool whole = function && function->bytes > 0 && function->bytes <= kMostFunction;
    const VirtAddr from = whole ? function->begin : address;
    const auto code = target.read(standing, from, whole ? function->bytes : kCodeBytes);
    if (!code) return;
    snapshot.instructions = instructions_of(symbols, from, *code);
    for (Instruction& one : snapshot.instructions) {
        if (here && one.file == here->file) one.file.clear();
    }
}

/// The same code is looked at stop after stop, and its names and lines take longest to find.
const std::vector<Instruction>& CodeReader::instructions_of(const machine::Symbols& symbols, VirtAddr from,
                                                            const machine::Bytes& code) {
    if (listings_.size() > kMostKept) listings_.clear();
    Listing& listing = listings_[from.raw];
    if (listing.code == code) return listing.instructions;
    listing = {code, disassemble(from.raw, code, kMostInstructions, &symbols)};
    for (Instruction& one : listing.instructions) {
        const std::optional<machine::SourceLine> line = symbols.source_of(VirtAddr(one.address));
        if (!line) continue;
        one.line = line->line;
        one.file = line->file;
    }
    return listing.instructions;
}

std::shared_ptr<const SourceText> CodeReader::source_of(const std::string& file) {
    if (files_.size() > kMostKept) files_.clear();
    const auto [kept, is_new] = files_.try_emplace(file);
    if (!is_new) return kept->second;
    std::ifstream input(file);
    // The kernel's names begin at the top of its sources, which its own file lies below.
    if (!input) input.open(sources_ / file);
    if (!input) return nullptr;
    auto text = std::make_shared<SourceText>();
    text->file = file;
    for (std::string line; text->lines.size() < kMostLines && std::getline(input, line);) text->lines.push_back(line);
    return kept->second = text;
}

}  // namespace debugger
