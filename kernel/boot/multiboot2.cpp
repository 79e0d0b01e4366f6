// SPDX-License-Identifier: MIT
/// @file
/// @brief Reads what a Multiboot2 loader left in memory.
/// @chapter booting
#include <algorithm>

#include "boot/boot_info.h"
#include "lib/string.h"

namespace {

/// @spec{Multiboot2 Specification 2.0, Boot information format, 3.6}
struct InformationHeader {
    u32 bytes, reserved;
};
struct Tag {
    u32 type, bytes;
};
struct ModuleTag {
    Tag tag;
    u32 begin, end;
};
struct MemoryMapTag {
    Tag tag;
    u32 entry_bytes, entry_version;
};
struct MemoryEntry {
    u64 address, bytes;
    u32 type, reserved;
};
static_assert(sizeof(ModuleTag) == 16 && sizeof(MemoryMapTag) == 16 && sizeof(MemoryEntry) == 24);

constexpr u32 kEnd = 0, kCommandLine = 1, kModule = 3, kMemoryMap = 6, kOldRsdp = 14, kNewRsdp = 15;
constexpr u32 kRam = 1;
/// Far more than any loader writes: what claims to be larger is no information at all.
constexpr u32 kMaxBytes = 16 << 20;

void read_memory_map(std::span<const std::byte> content, BootInfo& info) {
    if (content.size() < sizeof(MemoryMapTag)) return;
    const u32 step = reinterpret_cast<const MemoryMapTag*>(content.data())->entry_bytes;
    if (step < sizeof(MemoryEntry)) return;
    for (usize at = sizeof(MemoryMapTag); at + sizeof(MemoryEntry) <= content.size(); at += step) {
        MemoryEntry entry;
        memcpy(&entry, content.data() + at, sizeof(entry));
        if (entry.type == kRam) info.add_memory(PhysAddr(entry.address), PhysAddr(entry.address + entry.bytes));
    }
}

/// `content` is the whole tag, its head included.
void read_tag(u32 type, std::span<const std::byte> content, BootInfo& info) {
    const std::span payload = content.subspan(sizeof(Tag));
    if (type == kCommandLine) {
        const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
        info.set_command_line(text.substr(0, text.find('\0')));
    } else if (type == kModule && content.size() >= sizeof(ModuleTag) && info.initramfs.end.raw == 0) {
        const auto& module = *reinterpret_cast<const ModuleTag*>(content.data());
        info.initramfs = {PhysAddr(module.begin), PhysAddr(module.end)};
    } else if (type == kMemoryMap) {
        read_memory_map(content, info);
    } else if (type == kNewRsdp || (type == kOldRsdp && info.rsdp.raw == 0)) {
        info.rsdp = frames::phys_from_virt(payload.data());
    }
}

}  // namespace

void parse_multiboot2(PhysAddr place, BootInfo& info) {
    const auto* start = static_cast<const std::byte*>(frames::virt_from_phys(place));
    const usize bytes = reinterpret_cast<const InformationHeader*>(start)->bytes;
    if (bytes > kMaxBytes) return;
    for (usize offset = sizeof(InformationHeader); offset + sizeof(Tag) <= bytes;) {
        const auto& tag = *reinterpret_cast<const Tag*>(start + offset);
        if (tag.type == kEnd || tag.bytes < sizeof(Tag) || tag.bytes > bytes - offset) return;
        read_tag(tag.type, {start + offset, tag.bytes}, info);
        offset += align_up(tag.bytes, 8);
    }
}
