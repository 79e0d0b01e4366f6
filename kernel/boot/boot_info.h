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

/// What the loader told. Made by `parse_pvh` before memory is managed, so it owns its storage.
struct BootInfo {
    PhysRange memory[kMaxMemoryRanges];  ///< usable RAM: sorted, page-aligned, not overlapping
    usize memory_ranges = 0;
    PhysRange initramfs;  ///< exact bytes; empty where the loader brought none
    PhysAddr rsdp;        ///< ACPI's root pointer, or 0
    char command_line[kMaxCommandLine] = {};
    usize command_line_bytes = 0;

    std::span<const PhysRange> usable() const { return {memory, memory_ranges}; }
    std::string_view arguments() const { return {command_line, command_line_bytes}; }
    /// Adds RAM: rounded inwards to pages, put in order. What exceeds kMaxMemoryRanges is not used.
    void add_memory(PhysAddr begin, PhysAddr end);
    /// The end of the highest usable range.
    PhysAddr top() const { return memory_ranges ? memory[memory_ranges - 1].end : PhysAddr(); }
};

/// Reads hvm_start_info at `start_info`. Panics on a wrong magic number. @spec{Xen, x86/HVM direct boot ABI}
void parse_pvh(PhysAddr start_info, BootInfo& info);

/// The value of the word `name=value` on the command line, or empty; `name` alone answers "1".
std::string_view command_line_value(std::string_view command_line, std::string_view name);
