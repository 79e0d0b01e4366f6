// SPDX-License-Identifier: MIT
/// @file
/// @brief Planting and lifting of INT3, and the split of watchpoints over debug registers.
/// @chapter observability
#include "debug/stub_points.h"

#include <algorithm>

#include "x86/paging.h"

namespace stub {
namespace {

constexpr u8 kInt3 = 0xcc;

u8 byte_at(const Memory& memory, PhysAddr place) {
    u8 byte = 0;
    memory.read(place, {&byte, 1});
    return byte;
}

bool is_kernel(VirtAddr address) { return address > kUserEnd; }

DebugControl::Condition condition_of(PointKind kind) {
    switch (kind) {
    case PointKind::Software:
    case PointKind::Hardware: return DebugControl::Execute;
    case PointKind::Write: return DebugControl::Write;
    case PointKind::Access: return DebugControl::ReadWrite;
    }
    return DebugControl::Execute;
}

/// The largest piece that a debug register can watch from `address` on.
u8 first_piece(VirtAddr address, u64 bytes) {
    u8 piece = 8;
    while (piece > bytes || !is_aligned(address.raw, piece)) piece /= 2;
    return piece;
}

}  // namespace

bool SoftwarePoints::add(const Memory& memory, PhysAddr root, VirtAddr address) {
    const auto place = memory.translate(root, address);
    if (!place) return false;
    remove(address);
    Entry* free = std::find_if(std::begin(entries_), std::end(entries_), [](const Entry& e) { return !e.used; });
    if (free == std::end(entries_)) return false;
    *free = {address, root, *place, byte_at(memory, *place), true, nullptr};
    return true;
}

bool SoftwarePoints::remove(VirtAddr address) {
    for (Entry& entry : entries_) {
        if (!entry.used || entry.address != address) continue;
        entry.used = false;
        return true;
    }
    return false;
}

void SoftwarePoints::clear() {
    for (Entry& entry : entries_) entry.used = false;
}

/// Finds all the places before it writes to the first: with that, the functions that find them may begin with an INT3.
void SoftwarePoints::plant(const Memory& memory, bool (*is_alive)(PhysAddr root)) {
    for (Entry& entry : entries_) {
        if (!entry.used || (!is_kernel(entry.address) && !is_alive(entry.root))) continue;
        const auto place = memory.translate(entry.root, entry.address);
        if (!place || (*place != entry.place && byte_at(memory, *place) != entry.original)) continue;
        entry.place = *place;
        entry.planted = static_cast<volatile u8*>(frames::virt_from_phys(*place));
    }
    for (Entry& entry : entries_) {
        if (!entry.planted) continue;
        entry.original = *entry.planted;
        *entry.planted = kInt3;
    }
}

/// In the order against planting, so that two names of one place leave what was there first. Calls nothing, because any
/// function may begin with an INT3.
void SoftwarePoints::lift() {
    for (usize n = kMost; n-- > 0;) {
        Entry& entry = entries_[n];
        if (!entry.planted) continue;
        if (*entry.planted == kInt3) *entry.planted = entry.original;
        entry.planted = nullptr;
    }
}

bool SoftwarePoints::has(PhysAddr place) const {
    return std::any_of(std::begin(entries_), std::end(entries_),
                       [place](const Entry& entry) { return entry.used && entry.place == place; });
}

bool HardwarePoints::add(const Point& point) {
    Slot taken[kDebugAddresses];
    std::copy(std::begin(slots_), std::end(slots_), taken);
    const bool executes = point.kind == PointKind::Hardware;
    VirtAddr address = point.address;
    for (u64 left = executes ? 1 : point.bytes; left > 0;) {
        Slot* free = std::find_if(std::begin(taken), std::end(taken), [](const Slot& slot) { return slot.bytes == 0; });
        if (free == std::end(taken)) return false;
        const u8 piece = executes ? 1 : first_piece(address, left);
        *free = {point, address, piece};
        address += piece;
        left -= piece;
    }
    std::copy(std::begin(taken), std::end(taken), slots_);
    return true;
}

bool HardwarePoints::remove(const Point& point) {
    bool found = false;
    for (Slot& slot : slots_) {
        if (slot.bytes == 0 || slot.owner != point) continue;
        slot.bytes = 0;
        found = true;
    }
    return found;
}

void HardwarePoints::clear() {
    for (Slot& slot : slots_) slot.bytes = 0;
}

DebugRegisters HardwarePoints::registers() const {
    DebugRegisters registers;
    for (unsigned n = 0; n < kDebugAddresses; ++n) {
        if (slots_[n].bytes == 0) continue;
        registers.address[n] = slots_[n].address;
        registers.control.enable(n, condition_of(slots_[n].owner.kind), slots_[n].bytes);
    }
    return registers;
}

std::optional<Point> HardwarePoints::hit(u64 status) const {
    for (unsigned n = 0; n < kDebugAddresses; ++n) {
        if (slots_[n].bytes != 0 && DebugStatus(status).hit(n)) return slots_[n].owner;
    }
    return std::nullopt;
}

}  // namespace stub
