// SPDX-License-Identifier: MIT
/// @file
/// @brief The stub's walk and its copies.
/// @chapter observability
#include "debug/stub_memory.h"

#include <algorithm>

#include "lib/string.h"
#include "x86/paging.h"

namespace stub {
namespace {

/// Bits 63 .. 47 of an address are all the same. @sdm{Canonical Addressing, 3.3.7.1 of volume 1}
bool is_canonical(VirtAddr address) {
    const u64 upper = address.raw >> 47;
    return upper == 0 || upper == 0x1'ffff;
}

/// Calls `copy(at, part)` for the parts of `bytes` from `address` that lie in one page each, until one answers false.
template <class Bytes, class Copy>
bool by_pages(VirtAddr address, Bytes bytes, Copy copy) {
    while (!bytes.empty()) {
        const auto part = std::min<usize>(bytes.size(), kPageBytes - address.page_offset());
        if (!copy(address, bytes.first(part))) return false;
        address += part;
        bytes = bytes.subspan(part);
    }
    return true;
}

}  // namespace

bool Memory::is_ram(PhysAddr address, u64 bytes) const {
    return std::any_of(ram_.begin(), ram_.end(), [&](const PhysRange& range) {
        return address >= range.begin && address < range.end && bytes <= range.end - address;
    });
}

std::optional<PhysAddr> Memory::translate(PhysAddr root, VirtAddr address) const {
    if (!is_canonical(address)) return std::nullopt;
    PhysAddr table = root.page();
    for (unsigned level = kRootLevel; level > 0; --level) {
        const PhysAddr place = table + sizeof(HostEntry) * table_index(address, level);
        if (!is_ram(place, sizeof(HostEntry))) return std::nullopt;
        const HostEntry entry = *static_cast<const HostEntry*>(frames::virt_from_phys(place));
        if (!entry.present()) return std::nullopt;
        if (entry.is_leaf(level)) {
            const u64 page = bytes_per_entry(level);
            const PhysAddr at = PhysAddr(align_down(entry.frame().raw, page)) + (address.raw & (page - 1));
            return is_ram(at, 1) ? std::optional(at) : std::nullopt;
        }
        table = entry.frame();
    }
    return std::nullopt;
}

bool Memory::read(PhysAddr from, std::span<u8> to) const {
    if (!is_ram(from, to.size())) return false;
    memcpy(to.data(), frames::virt_from_phys(from), to.size());
    return true;
}

bool Memory::write(PhysAddr to, std::span<const u8> from) const {
    if (!is_ram(to, from.size())) return false;
    memcpy(frames::virt_from_phys(to), from.data(), from.size());
    return true;
}

bool Memory::read(PhysAddr root, VirtAddr from, std::span<u8> to) const {
    return by_pages(from, to, [&](VirtAddr at, std::span<u8> part) {
        const auto place = translate(root, at);
        return place && read(*place, part);
    });
}

bool Memory::write(PhysAddr root, VirtAddr to, std::span<const u8> from) const {
    return by_pages(to, from, [&](VirtAddr at, std::span<const u8> part) {
        const auto place = translate(root, at);
        return place && write(*place, part);
    });
}

}  // namespace stub
