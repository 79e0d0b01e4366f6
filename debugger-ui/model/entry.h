// SPDX-License-Identifier: MIT
/// @file
/// @brief Entries of every format taken apart by the manuals' names, and the two halves of a pair compared.
/// @chapter pair
#pragma once

#include <span>
#include <string>

#include "x86/paging.h"

namespace debugger {

/// Whose format an entry has. A guest's own tables have the host's.
enum class EntryFormat : u8 { Host, Npt, Ept };
constexpr EntryFormat entry_format(NestedFormat nested) {
    return nested == NestedFormat::Ept ? EntryFormat::Ept : EntryFormat::Npt;
}

/// One field of an entry: its bits and its name in the manual. @sdm{4-Level Paging and 5-Level Paging, 4.5}
/// @sdm{The Extended Page Table Mechanism (EPT), 28.3} @apm{Long-Mode Page Translation, 5.3}
struct EntryField {
    unsigned high, low;
    const char* name;
    const char* meaning;  ///< of a set bit, or of the value

    constexpr u64 value(u64 entry) const {
        return (entry >> low) & (high - low == 63 ? ~0ULL : (2ULL << (high - low)) - 1);
    }
    constexpr unsigned bits() const { return high - low + 1; }
};

/// The fields of an entry of `format` on `level`, from bit 63 down; together they are all 64 bits.
std::span<const EntryField> fields_of(EntryFormat format, unsigned level, u64 entry);

enum class CellKind : u8 {
    Empty,
    Held,   ///< not present, but it keeps its frame: nobody may reach the page
    Table,  ///< points at the next table
    Leaf,   ///< maps a page
};

/// An entry in a neutral form, as a picture of it needs it.
struct Cell {
    u64 raw = 0;
    CellKind kind = CellKind::Empty;
    Rights rights{false, false, false};
    bool accessed = false;
    bool dirty = false;
    bool operator==(const Cell&) const = default;
};
Cell cell_of(u64 entry, EntryFormat format, unsigned level);

/// What is wrong with an entry and its nested entry: the law is *nested ⊆ host, equal inside the window, empty outside it*.
enum class Violation : u8 {
    None,
    NestedOutsideWindow,
    NestedWithoutHost,
    HostWithoutNested,
    DifferentSize,
    DifferentFrame,
    DifferentRights,
    TableNotBehind,
};
/// Compares the two entries of one slot on `level`.
Violation compare_halves(u64 host, u64 nested, NestedFormat format, unsigned level, bool inside_window);
/// A sentence that says what is wrong and what the law is.
const char* explain(Violation violation);

/// An entry in words: "4 KiB page at 0x1234000, read write, accessed".
std::string describe_entry(u64 entry, EntryFormat format, unsigned level);
/// "PML4", "PDPT", "PD", "PT" for levels 4 to 1.
const char* table_name(unsigned level);
/// "4 KiB", "2 MiB", "1 GiB", "512 GiB" for what an entry of `level` covers.
const char* span_name(unsigned level);

}  // namespace debugger
