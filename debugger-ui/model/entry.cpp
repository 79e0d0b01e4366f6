// SPDX-License-Identifier: MIT
/// @file
/// @brief The fields of entries, and the law of the pair for one slot.
/// @chapter pair
#include "debugger-ui/model/entry.h"

#include <cinttypes>
#include <cstdio>

namespace debugger {
namespace {

constexpr EntryField kNx{63, 63, "NX", "no instruction may be fetched"};
constexpr EntryField kAvailableHigh{62, 52, "AVL", "free for the system's own use"};
constexpr EntryField kAddress{51, 12, "address", "the frame, or the next table"};
constexpr EntryField kUnused11{11, 11, "AVL", "free for the system's own use"};
constexpr EntryField kUnused10{10, 10, "AVL", "free for the system's own use"};
constexpr EntryField kHeld{9, 9, "HELD", "Twain's own: with P clear, the frame is kept for a page nobody may reach"};
constexpr EntryField kGlobal{8, 8, "G", "global: the translation outlives a change of CR3"};
constexpr EntryField kPs{7, 7, "PS", "this entry maps a page, not a table"};
constexpr EntryField kPat{7, 7, "PAT", "selects the memory type, with PCD and PWT"};
constexpr EntryField kDirty{6, 6, "D", "the processor saw a write through this entry"};
constexpr EntryField kAccessed{5, 5, "A", "the processor used this entry"};
constexpr EntryField kPcd{4, 4, "PCD", "not cached"};
constexpr EntryField kPwt{3, 3, "PWT", "written through"};
constexpr EntryField kUser{2, 2, "U/S", "may be used from ring 3"};
constexpr EntryField kWrite{1, 1, "R/W", "may be written"};
constexpr EntryField kPresent{0, 0, "P", "present"};

constexpr EntryField kHostTable[] = {kNx,
                                     kAvailableHigh,
                                     kAddress,
                                     kUnused11,
                                     kUnused10,
                                     kHeld,
                                     {8, 8, "AVL", "free for the system's own use"},
                                     kPs,
                                     {6, 6, "AVL", "free for the system's own use"},
                                     kAccessed,
                                     kPcd,
                                     kPwt,
                                     kUser,
                                     kWrite,
                                     kPresent};
constexpr EntryField kHostBig[] = {kNx,    kAvailableHigh, kAddress, kUnused11, kUnused10, kHeld,  kGlobal, kPs,
                                   kDirty, kAccessed,      kPcd,     kPwt,      kUser,     kWrite, kPresent};
constexpr EntryField kHostPage[] = {kNx,    kAvailableHigh, kAddress, kUnused11, kUnused10, kHeld,  kGlobal, kPat,
                                    kDirty, kAccessed,      kPcd,     kPwt,      kUser,     kWrite, kPresent};

constexpr EntryField kSuppressVe{63, 63, "SVE", "suppress #VE: a violation exits, whatever the controls say"};
constexpr EntryField kEptIgnoredHigh{62, 52, "ign", "ignored"};
constexpr EntryField kEptIgnored11{11, 11, "ign", "ignored"};
constexpr EntryField kEptUserExecute{10, 10, "XU", "user-mode execute, where mode-based control is on"};
constexpr EntryField kEptAccessed{8, 8, "A", "the processor used this entry"};
constexpr EntryField kEptRights[] = {
    {2, 2, "X", "may be executed"}, {1, 1, "W", "may be written"}, {0, 0, "R", "may be read"}};

constexpr EntryField kEptTable[] = {kSuppressVe,
                                    kEptIgnoredHigh,
                                    kAddress,
                                    kEptIgnored11,
                                    kEptUserExecute,
                                    {9, 9, "ign", "ignored"},
                                    kEptAccessed,
                                    kPs,
                                    {6, 3, "rsvd", "reserved, 0"},
                                    kEptRights[0],
                                    kEptRights[1],
                                    kEptRights[2]};
constexpr EntryField kEptLeaf[] = {kSuppressVe,
                                   kEptIgnoredHigh,
                                   kAddress,
                                   kEptIgnored11,
                                   kEptUserExecute,
                                   {9, 9, "D", "the processor saw a write through this entry"},
                                   kEptAccessed,
                                   kPs,
                                   {6, 6, "IPAT", "the guest's PAT is ignored"},
                                   {5, 3, "type", "memory type: 0 uncached, 6 write-back"},
                                   kEptRights[0],
                                   kEptRights[1],
                                   kEptRights[2]};

bool is_present(u64 entry, EntryFormat format) {
    return format == EntryFormat::Ept ? NestedEntry(entry).present(NestedFormat::Ept) : HostEntry(entry).present();
}

NestedFormat nested_of(EntryFormat format) {
    return format == EntryFormat::Ept ? NestedFormat::Ept : NestedFormat::Npt;
}

}  // namespace

std::span<const EntryField> fields_of(EntryFormat format, unsigned level, u64 entry) {
    const bool leaf = HostEntry(entry).is_leaf(level);
    if (format == EntryFormat::Ept)
        return leaf ? std::span<const EntryField>(kEptLeaf) : std::span<const EntryField>(kEptTable);
    if (level == 1) return kHostPage;
    return leaf ? std::span<const EntryField>(kHostBig) : std::span<const EntryField>(kHostTable);
}

Cell cell_of(u64 entry, EntryFormat format, unsigned level) {
    Cell cell;
    cell.raw = entry;
    const NestedEntry nested(entry);
    const bool leaf = nested.is_leaf(level);
    if (is_present(entry, format)) {
        cell.kind = leaf ? CellKind::Leaf : CellKind::Table;
    } else if (format == EntryFormat::Host && HostEntry(entry).mapped()) {
        cell.kind = CellKind::Held;
    }
    if (cell.kind == CellKind::Empty) return cell;
    cell.rights = nested.rights(nested_of(format));
    cell.accessed = nested.accessed(nested_of(format));
    cell.dirty = leaf && nested.dirty(nested_of(format));
    return cell;
}

Violation compare_halves(u64 host_raw, u64 nested_raw, NestedFormat format, unsigned level, bool inside_window) {
    const HostEntry host(host_raw);
    const NestedEntry nested(nested_raw);
    if (!inside_window) return nested_raw == 0 ? Violation::None : Violation::NestedOutsideWindow;
    if (!host.present()) return nested.present(format) ? Violation::NestedWithoutHost : Violation::None;
    if (!nested.present(format)) return Violation::HostWithoutNested;
    if (host.is_leaf(level) != nested.is_leaf(level)) return Violation::DifferentSize;
    if (!host.is_leaf(level)) {
        return nested.frame() == host.frame() + kPageBytes ? Violation::None : Violation::TableNotBehind;
    }
    if (nested.frame() != host.frame()) return Violation::DifferentFrame;
    return nested.rights(format) == host.rights() ? Violation::None : Violation::DifferentRights;
}

const char* explain(Violation violation) {
    switch (violation) {
    case Violation::None: return "the halves agree";
    case Violation::NestedOutsideWindow:
        return "the nested entry is not empty outside the window: the guest could reach its VMM's memory";
    case Violation::NestedWithoutHost:
        return "only the nested half is present: the guest could reach what its process cannot";
    case Violation::HostWithoutNested:
        return "only the host half is present: inside the window both halves must be equal";
    case Violation::DifferentSize: return "one half maps a page and the other points at a table";
    case Violation::DifferentFrame: return "the halves map different frames: guest and process see different memory";
    case Violation::DifferentRights: return "the halves give different rights to the same page";
    case Violation::TableNotBehind:
        return "the nested table is not 4096 bytes behind the host's: these tables are no pair";
    }
    return "";
}

std::string describe_entry(u64 entry, EntryFormat format, unsigned level) {
    const Cell cell = cell_of(entry, format, level);
    const PhysAddr frame = HostEntry(entry).frame();
    char text[160];
    switch (cell.kind) {
    case CellKind::Empty: return "empty";
    case CellKind::Held:
        std::snprintf(text, sizeof(text), "not present, keeps frame 0x%" PRIx64, frame.raw);
        return text;
    case CellKind::Table:
        std::snprintf(text, sizeof(text), "table at 0x%" PRIx64 "%s", frame.raw, cell.accessed ? ", accessed" : "");
        return text;
    case CellKind::Leaf: break;
    }
    std::snprintf(text, sizeof(text), "%s page at 0x%" PRIx64 ",%s%s%s%s%s", span_name(level), frame.raw,
                  cell.rights.read ? " read" : "", cell.rights.write ? " write" : "",
                  cell.rights.execute ? " execute" : "", cell.accessed ? ", accessed" : "",
                  cell.dirty ? ", dirty" : "");
    return text;
}

const char* table_name(unsigned level) {
    static constexpr const char* kNames[] = {"?", "PT", "PD", "PDPT", "PML4"};
    return level <= kRootLevel ? kNames[level] : "?";
}

const char* span_name(unsigned level) {
    static constexpr const char* kNames[] = {"?", "4 KiB", "2 MiB", "1 GiB", "512 GiB"};
    return level <= kRootLevel ? kNames[level] : "?";
}

}  // namespace debugger
