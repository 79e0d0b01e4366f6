// SPDX-License-Identifier: MIT
/// @file
/// @brief The layout of a page-table entry on both sides of a pair, and of the pair itself.
/// @chapter pair
///
/// This header compiles anywhere: kernel, tests and debugger share it, so that the picture cannot disagree with the machine.
#pragma once

#include "lib/types.h"

/// The levels of a 4-level tree: an entry of level 1 maps 4 KiB, of level 2 (with PS) 2 MiB, of level 3 (with PS) 1 GiB.
inline constexpr unsigned kRootLevel = 4;
inline constexpr unsigned kEntriesPerTable = 512;

/// The size of a page, named by the level of the entry that maps it.
enum class PageSize : u8 { Size4K = 1, Size2M = 2, Size1G = 3 };

constexpr unsigned level_of(PageSize size) { return static_cast<unsigned>(size); }
/// Bytes that one entry of `level` (1 .. 4) covers.
constexpr u64 bytes_per_entry(unsigned level) { return 1ULL << (kPageShift + 9 * (level - 1)); }
constexpr u64 bytes_of(PageSize size) { return bytes_per_entry(level_of(size)); }
/// The next smaller size; of 4 KiB there is none.
constexpr PageSize smaller(PageSize size) { return static_cast<PageSize>(level_of(size) - 1); }
/// The index of `address` in its table of `level`.
constexpr unsigned table_index(VirtAddr address, unsigned level) {
    return static_cast<unsigned>(address.raw >> (kPageShift + 9 * (level - 1))) & (kEntriesPerTable - 1);
}

/// What a process and its guest may do with a page. x86 cannot forbid only reading: without `read` the page keeps its frame but
/// cannot be reached at all.
struct Rights {
    bool read = true;
    bool write = false;
    bool execute = false;
    constexpr bool operator==(const Rights&) const = default;
};

/// An entry of the host half: an ordinary x86-64 page-table entry.
/// @sdm{4-Level Paging and 5-Level Paging, 4.5} @apm{Long-Mode Page Translation, 5.3}
class HostEntry {
   public:
    static constexpr u64 P = 1ULL << 0;     ///< present
    static constexpr u64 RW = 1ULL << 1;    ///< writable
    static constexpr u64 US = 1ULL << 2;    ///< reachable from ring 3
    static constexpr u64 PWT = 1ULL << 3;   ///< write-through
    static constexpr u64 PCD = 1ULL << 4;   ///< not cached
    static constexpr u64 A = 1ULL << 5;     ///< accessed, set by the processor
    static constexpr u64 D = 1ULL << 6;     ///< dirty, set by the processor
    static constexpr u64 PS = 1ULL << 7;    ///< a page, at level 2 or 3
    static constexpr u64 G = 1ULL << 8;     ///< global
    static constexpr u64 HELD = 1ULL << 9;  ///< ours, with P clear: the frame is kept for a page that nobody may reach
    static constexpr u64 NX = 1ULL << 63;   ///< no execution
    static constexpr u64 kFrame = 0x000f'ffff'ffff'f000;

    constexpr HostEntry() = default;
    constexpr explicit HostEntry(u64 raw) : raw_(raw) {}
    /// An entry that points at the host half of the next pair; rights are decided by the leaf.
    static constexpr HostEntry table(PhysAddr next) { return HostEntry(next.raw | P | RW | US); }
    /// An entry that maps a page of `size` at `frame`. Accessed and dirty start clear.
    static constexpr HostEntry leaf(PhysAddr frame, PageSize size, Rights rights) {
        return HostEntry(frame.raw | (rights.read ? P : HELD) | US | (rights.write ? RW : 0) |
                         (rights.execute ? 0 : NX) | (size == PageSize::Size4K ? 0 : PS));
    }
    /// The same entry with the accessed and dirty bits of an older one as well, so that they are never lost.
    constexpr HostEntry with_accessed_dirty(HostEntry older) const { return HostEntry(raw_ | (older.raw_ & (A | D))); }

    constexpr u64 raw() const { return raw_; }
    constexpr bool present() const { return raw_ & P; }
    /// Whether this entry has a frame or a table: present, or held.
    constexpr bool mapped() const { return raw_ & (P | HELD); }
    constexpr bool accessed() const { return raw_ & A; }
    constexpr bool dirty() const { return raw_ & D; }
    constexpr PhysAddr frame() const { return PhysAddr(raw_ & kFrame); }
    constexpr Rights rights() const { return {present(), (raw_ & RW) != 0, !(raw_ & NX)}; }
    /// Whether this mapped entry of `level` maps a page, rather than pointing at a table.
    constexpr bool is_leaf(unsigned level) const { return level == 1 || (raw_ & PS); }
    constexpr bool operator==(const HostEntry&) const = default;

   private:
    u64 raw_ = 0;
};
static_assert(sizeof(HostEntry) == 8);
static_assert(HostEntry::leaf(PhysAddr(0x5000), PageSize::Size4K, {true, true, false}).raw() == 0x8000'0000'0000'5007);
static_assert(HostEntry::table(PhysAddr(0x4000)).raw() == 0x4007);

/// Which format the nested halves have: decided once at boot by the processor's vendor.
enum class NestedFormat : u8 {
    Npt,  ///< AMD's nested page table: the host's own format
    Ept,  ///< Intel's extended page table
};

/// An entry of the nested half, in either vendor's format.
/// @apm{Nested Paging, 15.25} @sdm{The Extended Page Table Mechanism (EPT), 28.3}
class NestedEntry {
   public:
    // EPT's own bits; NPT's are those of HostEntry.
    static constexpr u64 R = 1ULL << 0;             ///< EPT: readable
    static constexpr u64 W = 1ULL << 1;             ///< EPT: writable
    static constexpr u64 X = 1ULL << 2;             ///< EPT: executable
    static constexpr u64 kWriteBack = 6ULL << 3;    ///< EPT: memory type 5:3 of a leaf
    static constexpr u64 kEptAccessed = 1ULL << 8;  ///< EPT: accessed
    static constexpr u64 kEptDirty = 1ULL << 9;     ///< EPT: dirty

    constexpr NestedEntry() = default;
    constexpr explicit NestedEntry(u64 raw) : raw_(raw) {}
    /// An entry that points at the nested half of the next pair: `next` is the physical address of that odd half.
    static constexpr NestedEntry table(PhysAddr next, NestedFormat format) {
        return NestedEntry(next.raw |
                           (format == NestedFormat::Ept ? R | W | X : HostEntry::P | HostEntry::RW | HostEntry::US));
    }
    /// The nested entry with the same meaning as `HostEntry::leaf` of the same arguments; empty where reading is forbidden.
    static constexpr NestedEntry leaf(PhysAddr frame, PageSize size, Rights rights, NestedFormat format) {
        if (!rights.read) return NestedEntry();
        if (format == NestedFormat::Npt) return NestedEntry(HostEntry::leaf(frame, size, rights).raw());
        return NestedEntry(frame.raw | R | (rights.write ? W : 0) | (rights.execute ? X : 0) | kWriteBack |
                           (size == PageSize::Size4K ? 0 : HostEntry::PS));
    }

    constexpr u64 raw() const { return raw_; }
    constexpr bool present(NestedFormat format) const {
        return format == NestedFormat::Ept ? (raw_ & (R | W | X)) != 0 : (raw_ & HostEntry::P) != 0;
    }
    constexpr bool accessed(NestedFormat format) const {
        return raw_ & (format == NestedFormat::Ept ? kEptAccessed : HostEntry::A);
    }
    constexpr bool dirty(NestedFormat format) const {
        return raw_ & (format == NestedFormat::Ept ? kEptDirty : HostEntry::D);
    }
    constexpr PhysAddr frame() const { return PhysAddr(raw_ & HostEntry::kFrame); }
    constexpr Rights rights(NestedFormat format) const {
        if (format == NestedFormat::Npt) return HostEntry(raw_).rights();
        return {(raw_ & R) != 0, (raw_ & W) != 0, (raw_ & X) != 0};
    }
    constexpr bool is_leaf(unsigned level) const { return level == 1 || (raw_ & HostEntry::PS); }
    constexpr bool operator==(const NestedEntry&) const = default;

   private:
    u64 raw_ = 0;
};
static_assert(sizeof(NestedEntry) == 8);
static_assert(NestedEntry::leaf(PhysAddr(0x5000), PageSize::Size4K, {true, true, true}, NestedFormat::Ept).raw() ==
              0x5037);
static_assert(NestedEntry::table(PhysAddr(0x5000), NestedFormat::Npt).raw() == 0x5007);

/// A page-table page: the host half at offset 0, the nested half at offset 4096, entry beside entry.
///
///     +0     host[0] host[1] ... host[511]      walked by the processor for ring 3
///     +4096  nested[0] nested[1] ... [511]      walked by the processor for ring V
struct alignas(8192) TablePair {
    HostEntry host[kEntriesPerTable];
    NestedEntry nested[kEntriesPerTable];
};
static_assert(sizeof(TablePair) == 8192 && alignof(TablePair) == 8192);
static_assert(offsetof(TablePair, nested) == 4096);

/// The first root slot belongs to the window; the nested half of every other slot of the root is never filled.
inline constexpr unsigned kWindowSlot = 0;
inline constexpr VirtAddr kWindowEnd{bytes_per_entry(kRootLevel)};
/// User addresses end below the hole in the middle of the 48-bit space.
inline constexpr VirtAddr kUserEnd{0x0000'7fff'ffff'f000};
/// PML4 slots 256 .. 511 are the kernel's and the same in every process.
inline constexpr unsigned kFirstKernelSlot = 256;

constexpr bool in_window(VirtAddr address) { return address < kWindowEnd; }
