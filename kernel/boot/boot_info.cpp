// SPDX-License-Identifier: MIT
/// @file
/// @brief What all loaders tell, and how a PVH loader tells it.
/// @chapter booting
#include "boot/boot_info.h"

#include <algorithm>

#include "lib/string.h"

namespace {

/// @spec{Xen, hvm_start_info, x86/HVM direct boot ABI}
struct HvmStartInfo {
    u32 magic, version, flags, module_count;
    u64 modules, command_line, rsdp;
    u64 memory_map;
    u32 memory_map_entries, reserved;
};
struct HvmModule {
    u64 address, bytes, command_line, reserved;
};
struct HvmMemory {
    u64 address, bytes;
    u32 type, reserved;
};
static_assert(sizeof(HvmStartInfo) == 56 && sizeof(HvmModule) == 32 && sizeof(HvmMemory) == 24);

constexpr u32 kMagic = 0x336e'c578;
constexpr u32 kRam = 1;

template <class T>
const T* at(u64 physical) {
    return static_cast<const T*>(frames::virt_from_phys(PhysAddr(physical)));
}

}  // namespace

void BootInfo::add_memory(PhysAddr begin, PhysAddr end) {
    const PhysRange range{PhysAddr(align_up(begin.raw, kPageBytes)), end.page()};
    if (range.begin >= range.end || memory_ranges == kMaxMemoryRanges) return;
    usize place = memory_ranges++;
    for (; place > 0 && memory[place - 1].begin > range.begin; --place) memory[place] = memory[place - 1];
    memory[place] = range;
}

void BootInfo::set_command_line(std::string_view text) {
    command_line_bytes = std::min(text.size(), kMaxCommandLine);
    command_line_cut = text.size() > kMaxCommandLine;
    memcpy(command_line, text.data(), command_line_bytes);
}

std::string_view BootInfo::fault() const {
    if (memory_ranges == 0) return "the loader gave no map of the memory";
    if (command_line_cut) return "the kernel's command line is longer than 1024 bytes; shorten it";
    if (initramfs.begin >= initramfs.end)
        return "the loader brought no initramfs; give it as the first module (GRUB: module2, QEMU: -initrd)";
    return {};
}

void read_boot_info(BootProtocol protocol, PhysAddr place, BootInfo& info) {
    switch (protocol) {
    case BootProtocol::Pvh: return parse_pvh(place, info);
    case BootProtocol::Multiboot2: return parse_multiboot2(place, info);
    }
}

void parse_pvh(PhysAddr start_info, BootInfo& info) {
    const auto& start = *at<HvmStartInfo>(start_info.raw);
    CHECK(start.magic == kMagic && start.version >= 1, start.magic, start.version);
    for (u32 i = 0; i < start.memory_map_entries; ++i) {
        const auto& entry = at<HvmMemory>(start.memory_map)[i];
        if (entry.type == kRam) info.add_memory(PhysAddr(entry.address), PhysAddr(entry.address + entry.bytes));
    }
    if (start.module_count > 0) {
        const auto& module = *at<HvmModule>(start.modules);
        info.initramfs = {PhysAddr(module.address), PhysAddr(module.address + module.bytes)};
    }
    if (start.command_line) info.set_command_line(at<char>(start.command_line));
    info.rsdp = PhysAddr(start.rsdp);
}

std::string_view command_line_value(std::string_view command_line, std::string_view name) {
    while (!command_line.empty()) {
        const usize space = std::min(command_line.find(' '), command_line.size());
        const std::string_view word = command_line.substr(0, space);
        command_line.remove_prefix(std::min(space + 1, command_line.size()));
        if (word == name) return "1";
        if (word.starts_with(name) && word.size() > name.size() && word[name.size()] == '=')
            return word.substr(name.size() + 1);
    }
    return {};
}
