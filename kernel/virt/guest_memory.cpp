// SPDX-License-Identifier: MIT
/// @file
/// @brief Walks a guest's page tables and decodes the few instructions that exits need the length of.
/// @chapter exits
#include "virt/guest_memory.h"

#include "mm/user_memory.h"
#include "x86/paging.h"
#include "x86/registers.h"

namespace {

bool in_guest_space(GuestPhys address, u64 bytes) {
    return bytes <= kWindowEnd.raw && address.raw <= kWindowEnd.raw - bytes;
}

/// How one of the three formats of paging cuts an address up.
struct PagingFormat {
    unsigned levels;
    unsigned index_bits;
    unsigned entry_bytes;
    u64 root_mask;
    unsigned top_bits;  ///< index bits of the top level
};
constexpr PagingFormat kLongMode{4, 9, 8, HostEntry::kFrame, 9};
constexpr PagingFormat kPae{3, 9, 8, 0xffff'ffe0, 2};
constexpr PagingFormat kLegacy{2, 10, 4, 0xffff'f000, 10};

const PagingFormat& format_of(const PagingState& paging) {
    if (paging.efer & Efer::LMA) return kLongMode;
    return paging.cr4 & Cr4::PAE ? kPae : kLegacy;
}

CodeSize code_size(const PagingState& paging) {
    if (paging.code_64_bit) return CodeSize::Bits64;
    return paging.code_32_bit ? CodeSize::Bits32 : CodeSize::Bits16;
}

bool is_prefix(u8 byte, CodeSize size) {
    switch (byte) {
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65:
    case 0x66:
    case 0x67:
    case 0xf0:
    case 0xf2:
    case 0xf3: return true;
    default: return size == CodeSize::Bits64 && (byte & 0xf0) == 0x40;
    }
}

}  // namespace

Result<void> read_guest(GuestPhys from, void* to, u64 bytes) {
    if (!in_guest_space(from, bytes)) return Error{EFAULT};
    return copy_from_user(to, virt_from_guest_phys(from), bytes);
}

Result<void> write_guest(GuestPhys to, const void* from, u64 bytes) {
    if (!in_guest_space(to, bytes)) return Error{EFAULT};
    return copy_to_user(virt_from_guest_phys(to), from, bytes);
}

Result<GuestPhys> translate(GuestVirt address, const PagingState& paging) {
    if (!(paging.cr0 & Cr0::PG)) return GuestPhys(address.raw & 0xffff'ffff);
    const PagingFormat& format = format_of(paging);
    u64 table = paging.cr3 & format.root_mask;
    for (unsigned level = format.levels; level >= 1; --level) {
        const unsigned shift = kPageShift + format.index_bits * (level - 1);
        const unsigned bits = level == format.levels ? format.top_bits : format.index_bits;
        const u64 index = (address.raw >> shift) & ((1ULL << bits) - 1);
        u64 entry = 0;
        TRY(read_guest(GuestPhys(table + index * format.entry_bytes), &entry, format.entry_bytes));
        if (!(entry & HostEntry::P)) return Error{EFAULT};
        const bool leaf =
            level == 1 || (level < format.levels + (format.levels == 2) && level <= 3 && (entry & HostEntry::PS));
        const u64 frame = entry & HostEntry::kFrame;
        if (leaf) return GuestPhys(align_down(frame, 1ULL << shift) | (address.raw & ((1ULL << shift) - 1)));
        table = frame;
    }
    return Error{EFAULT};
}

Instruction decode_instruction(std::span<const u8> bytes, CodeSize size) {
    usize at = 0;
    u8 rex = 0;
    while (at < bytes.size() && is_prefix(bytes[at], size)) rex = bytes[at++];
    if ((rex & 0xf0) != 0x40) rex = 0;  // only the byte before the opcode counts
    const auto done = [&](Opcode opcode, usize length, u8 control = 0, u8 general = 0) {
        return length <= bytes.size() ? Instruction{opcode, static_cast<u8>(length), control, general} : Instruction{};
    };
    if (at < bytes.size() && bytes[at] == 0xf4) return done(Opcode::Hlt, at + 1);
    if (at + 1 >= bytes.size() || bytes[at] != 0x0f) return {};
    const u8 modrm = at + 2 < bytes.size() ? bytes[at + 2] : 0;
    const auto reg = static_cast<u8>((modrm >> 3 & 7) | (rex & 4) << 1);
    const auto rm = static_cast<u8>((modrm & 7) | (rex & 1) << 3);
    switch (bytes[at + 1]) {
    case 0xa2: return done(Opcode::Cpuid, at + 2);
    case 0x32: return done(Opcode::Rdmsr, at + 2);
    case 0x30: return done(Opcode::Wrmsr, at + 2);
    case 0x08: return done(Opcode::Invd, at + 2);
    case 0x09: return done(Opcode::Wbinvd, at + 2);
    case 0x06: return done(Opcode::Clts, at + 2);
    case 0x22: return done(Opcode::MovToControl, at + 3, reg, rm);
    case 0x01:
        if (modrm == 0xd1) return done(Opcode::Xsetbv, at + 3);
        if (modrm >= 0xf0 && modrm <= 0xf7) return done(Opcode::Lmsw, at + 3, 0, rm);
        return {};
    default: return {};
    }
}

Instruction InstructionReader::read_at(GuestPhys address, CodeSize size) {
    u8 bytes[kMaxInstructionBytes];
    const u64 in_page = kPageBytes - address.page_offset();
    const u64 count = in_page < sizeof(bytes) ? in_page : sizeof(bytes);
    if (!read_guest(address, bytes, count).ok()) return {};
    return decode_instruction({bytes, count}, size);
}

Instruction InstructionReader::walk_and_read(GuestVirt address, const PagingState& paging, CodeSize size) {
    u8 bytes[kMaxInstructionBytes];
    usize count = 0;
    while (count < sizeof(bytes)) {
        const GuestVirt from = address + count;
        const u64 in_page = kPageBytes - from.page_offset();
        const u64 part = in_page < sizeof(bytes) - count ? in_page : sizeof(bytes) - count;
        const auto frame = translate(from, paging);
        if (!frame.ok() || !read_guest(frame.value(), bytes + count, part).ok()) break;
        count += part;
    }
    if (count == 0) return {};
    cached_root_ = paging.cr3;
    cached_page_ = address.page();
    // It was mapped a moment ago; a guest that changes its tables meanwhile only confuses itself.
    const auto frame = translate(address, paging);
    if (frame.ok()) cached_frame_ = frame.value().page();
    return decode_instruction({bytes, count}, size);
}

/// How an opcode is written without prefixes; 0 where an operand follows.
static constexpr u16 plain_bytes(Opcode opcode) {
    switch (opcode) {
    case Opcode::Cpuid: return 0xa20f;
    case Opcode::Rdmsr: return 0x320f;
    case Opcode::Wrmsr: return 0x300f;
    default: return 0;
    }
}

u8 InstructionReader::plain_length(GuestVirt address, u64 root, Opcode expected) const {
    const u16 plain = plain_bytes(expected);
    if (cached_page_ != address.page() || cached_root_ != root || !plain || address.page_offset() == kPageBytes - 1)
        return 0;
    u16 bytes = 0;
    return read_guest(cached_frame_ + address.page_offset(), &bytes, sizeof(bytes)).ok() && bytes == plain
               ? sizeof(bytes)
               : 0;
}

Instruction InstructionReader::read(u64 rip, const PagingState& paging, Opcode expected) {
    const CodeSize size = code_size(paging);
    const GuestVirt address{size == CodeSize::Bits64 ? rip : (paging.code_base + rip) & 0xffff'ffff};
    // The remembered page may be out of date: the guest need not tell of a change. So it is believed only where exactly the
    // instruction stands there that made this exit.
    if (cached_page_ == address.page() && cached_root_ == paging.cr3) {
        const Instruction found = read_at(cached_frame_ + address.page_offset(), size);
        if (found.opcode == expected) return found;
    }
    return walk_and_read(address, paging, size);
}
