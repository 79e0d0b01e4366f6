// SPDX-License-Identifier: MIT
/// @file
/// @brief Walks a guest's page tables to its code, and finds where an instruction's prefixes end.
/// @chapter exits
#include "virt/svm/instruction.h"

#include <algorithm>

#include "x86/registers.h"

namespace svm {

namespace {

constexpr u8 kPrefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3};

constexpr bool is_rex(u8 byte) { return (byte & 0xf0) == 0x40; }

}  // namespace

Instruction cut_instruction(std::span<const u8> bytes, RexPrefix rex) {
    const auto is_prefix = [&](u8 byte) {
        return (rex == RexPrefix::Exists && is_rex(byte)) ||
               std::find(std::begin(kPrefixes), std::end(kPrefixes), byte) != std::end(kPrefixes);
    };
    Instruction found;
    usize at = 0;
    for (; at < bytes.size() && is_prefix(bytes[at]); ++at) found.rex = is_rex(bytes[at]) ? bytes[at] : 0;
    found.prefixes = static_cast<u8>(at);
    for (usize i = at; i < bytes.size() && i < at + 4; ++i) found.code |= static_cast<u32>(bytes[i]) << 8 * (i - at);
    return found;
}

Result<GuestPhys> translate(GuestVirt address, const PagingState& paging) {
    if (!(paging.cr0 & Cr0::PG)) return GuestPhys(address.raw & 0xffff'ffff);
    if (!(paging.efer & Efer::LMA)) return Error{EFAULT};
    u64 entry = paging.cr3;
    for (unsigned shift = 39;; shift -= 9) {
        const u64 slot = (address.raw >> shift) % kEntriesPerTable;
        TRY(read_guest(GuestPhys((entry & HostEntry::kFrame) + 8 * slot), &entry, sizeof(entry)));
        if (!(entry & HostEntry::P)) return Error{EFAULT};
        if (shift != kPageShift && (shift == 39 || !(entry & HostEntry::PS))) continue;
        const u64 offset = (1ULL << shift) - 1;
        return GuestPhys((entry & HostEntry::kFrame & ~offset) | (address.raw & offset));
    }
}

Instruction InstructionReader::read(u64 rip, const PagingState& paging) {
    const GuestVirt address(paging.code_64_bit ? rip : (paging.code_base + rip) & 0xffff'ffff);
    u8 bytes[kMaxInstructionBytes];
    usize count = 0;
    while (count < sizeof(bytes)) {
        const GuestVirt from = address + count;
        const u64 part = std::min(kPageBytes - from.page_offset(), sizeof(bytes) - count);
        const auto place = translate(from, paging);
        if (!place.ok() || !read_guest(place.value(), bytes + count, part).ok()) break;
        if (count == 0) page_ = {paging.cr3, rip - address.page_offset(), place.value().page()};
        count += part;
    }
    return cut_instruction({bytes, count}, paging.code_64_bit ? RexPrefix::Exists : RexPrefix::None);
}

}  // namespace svm
