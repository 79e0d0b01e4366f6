// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading an ELF file's headers: what is to be mapped where. Pure: bytes in, a plan out.
/// @chapter programs
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "lib/owned.h"
#include "lib/types.h"

/// A part of the file to be mapped, page by page, with zeros after its end.
struct ElfSegment {
    u64 address = 0;      ///< of its first byte, before the image is moved
    u64 file_offset = 0;  ///< of that byte; equal to `address` modulo the page size
    u64 file_bytes = 0;
    u64 memory_bytes = 0;  ///< at least `file_bytes`
    bool read = false, write = false, execute = false;

    u64 first_page() const { return align_down(address, kPageBytes); }
    u64 end() const { return address + memory_bytes; }
};

/// What a program header table takes at most, and how many segments are mapped at most.
inline constexpr usize kElfMaxHeaders = 64;
inline constexpr usize kElfMaxSegments = 32;
inline constexpr usize kElfHeaderBytes = 64;
inline constexpr usize kElfProgramHeaderBytes = 56;

/// Where the program headers are: the first thing that the file's first 64 bytes tell.
struct ElfHeader {
    bool is_position_independent;  ///< ET_DYN: it may be put anywhere
    u64 entry;
    u64 headers_offset;
    u16 header_count;  ///< 1 .. kElfMaxHeaders
};
/// ENOEXEC: not an x86-64 executable that makes sense.
Result<ElfHeader> parse_elf_header(std::span<const std::byte> bytes);

/// What to map, and what the program is to be told of it.
struct ElfImage {
    ElfHeader header;
    std::array<ElfSegment, kElfMaxSegments> segment_list;
    usize segment_count = 0;
    u64 lowest = 0, highest = 0;  ///< all segments lie in [lowest, highest), whole pages
    u64 alignment = kPageBytes;   ///< that the image's place must keep
    u64 headers_address = 0;      ///< of the program headers in memory, before moving; 0: not mapped
    u64 interpreter_offset = 0;   ///< of the interpreter's path in the file
    u64 interpreter_bytes = 0;    ///< with its closing zero; 0: none
    bool executable_stack = false;

    std::span<const ElfSegment> segments() const { return {segment_list.data(), segment_count}; }
};
/// `table` holds the header's program headers. ENOEXEC: segments that overflow, leave the user half, or contradict themselves;
/// ENOMEM.
Result<Owned<ElfImage>> parse_elf_image(const ElfHeader& header, std::span<const std::byte> table);

/// A script's first line: the interpreter and what else is on the line, without blanks around it.
struct ScriptLine {
    std::string_view interpreter;
    std::string_view argument;  ///< may be empty
};
/// `start` is the beginning of the file, 256 bytes at most. ENOEXEC: not a script, or a line too long for its interpreter.
Result<ScriptLine> parse_script_line(std::string_view start);
