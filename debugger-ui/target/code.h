// SPDX-License-Identifier: MIT
/// @file
/// @brief The source and the instructions around an address of a machine that stands.
/// @chapter observability
#pragma once

#include <map>

#include "debugger-ui/target/target.h"

namespace debugger {

/// Instructions from the bytes that begin at an address, as many as there are whole ones, at most `most`. With symbols, what
/// calls or jumps to a function says to which.
std::vector<Instruction> disassemble(u64 address, std::span<const u8> code, usize most,
                                     const machine::Symbols* symbols = nullptr);
/// How long the instruction at `address` is if it calls: CALL, or the entry of a guest; nothing for any other.
std::optional<usize> length_of_call(u64 address, std::span<const u8> code);

/// Reads files of source once, and the instructions of functions with their lines.
class CodeReader {
   public:
    /// `sources`: the directory that names of source files begin at.
    explicit CodeReader(std::filesystem::path sources) : sources_(std::move(sources)) {}

    /// Fills in source, line and instructions of the function at an address, of a program whose symbols these are. Of what
    /// cannot be found, nothing.
    void take(Target& target, const Standing& standing, const machine::Symbols& symbols, VirtAddr address,
              Snapshot& snapshot);

   private:
    struct Listing {
        machine::Bytes code;
        std::vector<Instruction> instructions;
    };
    std::shared_ptr<const SourceText> source_of(const std::string& file);
    const std::vector<Instruction>& instructions_of(const machine::Symbols& symbols, VirtAddr from,
                                                    const machine::Bytes& code);

    std::filesystem::path sources_;
    std::map<std::string, std::shared_ptr<const SourceText>> files_;  ///< null: cannot be read
    std::map<u64, Listing> listings_;                                 ///< by where they begin
};

}  // namespace debugger
