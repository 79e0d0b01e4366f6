// SPDX-License-Identifier: MIT
/// @file
/// @brief What every boot protocol boils down to.
/// @chapter booting
#pragma once

#include <span>
#include <string_view>

#include "mm/frames.h"

inline constexpr usize kMaxMemoryRanges = 32;
inline constexpr usize kMaxCommandLine = 1024;

/// Who started Twain. What entry.S hands on; Multiboot2's is the magic number that its loader leaves in EAX.
enum class BootProtocol : u32 { Pvh = 0, Multiboot2 = 0x36d7'6289 };

/// What the loader told. Made by `read_boot_info` before memory is managed, so it owns its storage.
struct BootInfo {
    PhysRange memory[kMaxMemoryRanges];  ///< usable RAM: sorted, page-aligned, not overlapping
    usize memory_ranges = 0;
    PhysRange initramfs;  ///< exact bytes; empty where the loader brought none
    /// ACPI's root pointer, or 0. It may lie in memory that is free for use once memory is managed.
    PhysAddr rsdp;
    char command_line[kMaxCommandLine] = {};
    usize command_line_bytes = 0;
    bool command_line_cut = false;  ///< there was more of it

    std::span<const PhysRange> usable() const { return {memory, memory_ranges}; }
    std::string_view arguments() const { return {command_line, command_line_bytes}; }
    /// Adds RAM: rounded inwards to pages, put in order. What exceeds kMaxMemoryRanges is not used.
    void add_memory(PhysAddr begin, PhysAddr end);
    void set_command_line(std::string_view text);
    /// The end of the highest usable range.
    PhysAddr top() const { return memory_ranges ? memory[memory_ranges - 1].end : PhysAddr(); }
    /// Why Twain cannot start from this: one sentence, or empty.
    std::string_view fault() const;
};

/// Reads what the loader of `protocol` left at `place`. An unknown protocol leaves `info` empty.
void read_boot_info(BootProtocol protocol, PhysAddr place, BootInfo& info);

/// Reads hvm_start_info at `start_info`. Panics on a wrong magic number. @spec{Xen, x86/HVM direct boot ABI}
void parse_pvh(PhysAddr start_info, BootInfo& info);

/// Reads Multiboot2's tags at `place`; never beyond the size that they state. @spec{Multiboot2, Boot information format, 3.6}
void parse_multiboot2(PhysAddr place, BootInfo& info);

/// The value of the word `name=value` on the command line, or empty; `name` alone answers "1".
std::string_view command_line_value(std::string_view command_line, std::string_view name);
