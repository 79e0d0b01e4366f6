// SPDX-License-Identifier: MIT
/// @file
/// @brief Walks in one and two dimensions.
/// @chapter nested-faults
#include "debugger-ui/model/walk.h"

#include <cinttypes>
#include <cstdio>

namespace debugger {
namespace {

constexpr u64 kCr0Pg = 1ULL << 31, kCr0Wp = 1ULL << 16, kCr4Pae = 1ULL << 5, kCr4La57 = 1ULL << 12;
constexpr u64 kEferLma = 1ULL << 10;

constexpr bool is_canonical(u64 address) { return address >> 47 == 0 || address >> 47 == 0x1ffff; }

/// Where a walk through one tree ended.
struct Translation {
    WalkFault fault = WalkFault::None;
    PhysAddr place{};
    unsigned level = 0;
};

class Walker {
   public:
    Walker(PageSource& pages, const WalkQuestion& question) : pages_(pages), question_(question) {
        walk_.question = question;
    }

    Walk run() {
        switch (question_.kind) {
        case AddressKind::Ring3: finish(through_host(question_.address)); break;
        case AddressKind::GuestPhys: finish(through_nested(question_.address, question_.access, 0)); break;
        case AddressKind::GuestVirt: through_guest(); break;
        }
        return std::move(walk_);
    }

   private:
    void finish(const Translation& end) {
        walk_.fault = end.fault;
        if (end.fault != WalkFault::None) return;
        walk_.host_phys = end.place;
        walk_.page_level = end.level;
    }

    Translation through_host(u64 address) {
        if (!is_canonical(address)) return {WalkFault::NotCanonical};
        return down(WalkTable::Host, question_.root, address, question_.access, 0);
    }

    Translation through_nested(u64 address, Access access, unsigned guest_level) {
        if (!in_window(VirtAddr(address))) return {WalkFault::BeyondWindow};
        return down(WalkTable::Nested, question_.root + kPageBytes, address, access, guest_level);
    }

    /// Down a tree whose tables lie in host-physical memory, level by level.
    Translation down(WalkTable table, PhysAddr root, u64 address, Access access, unsigned guest_level) {
        PhysAddr place = root;
        for (unsigned level = kRootLevel;; --level) {
            const unsigned index = table_index(VirtAddr(address), level);
            WalkStep step{table, level, guest_level, index, place + 8 * index, address, 0, WalkFault::None};
            const std::optional<u64> entry = pages_.word(step.place);
            step.entry = entry.value_or(0);
            step.fault = entry ? check(table, step.entry, level, access) : WalkFault::PageNotKnown;
            walk_.steps.push_back(step);
            if (step.fault != WalkFault::None) return {step.fault};
            const HostEntry found(step.entry);
            if (found.is_leaf(level)) return {WalkFault::None, byte_of(found.frame(), address, level), level};
            place = found.frame();
        }
    }

    /// The guest's tables lie in guest-physical memory: finding each costs a walk of its own.
    void through_guest() {
        const GuestPaging& guest = question_.guest;
        if (!(guest.cr0 & kCr0Pg)) return through_nested_at_last(question_.address);
        if (!(guest.efer & kEferLma) || !(guest.cr4 & kCr4Pae) || (guest.cr4 & kCr4La57)) {
            walk_.fault = WalkFault::UnknownPaging;
            return;
        }
        if (!is_canonical(question_.address)) {
            walk_.fault = WalkFault::NotCanonical;
            return;
        }
        u64 table = guest.cr3 & HostEntry::kFrame;
        for (unsigned level = kRootLevel;; --level) {
            const unsigned index = table_index(VirtAddr(question_.address), level);
            const u64 target = table + 8 * index;
            // The processor may have to set the accessed bit in the guest's entry: both vendors count this as a write.
            const Translation place = through_nested(target, Access::Write, level);
            walk_.fault = place.fault;
            if (place.fault != WalkFault::None) return;
            WalkStep step{WalkTable::Guest, level, level, index, place.place, question_.address, 0, WalkFault::None};
            const std::optional<u64> entry = pages_.word(PhysAddr(align_down(place.place.raw, 8)));
            step.entry = entry.value_or(0);
            step.fault = entry ? check(WalkTable::Guest, step.entry, level, question_.access) : WalkFault::PageNotKnown;
            walk_.steps.push_back(step);
            walk_.fault = step.fault;
            if (step.fault != WalkFault::None) return;
            const HostEntry found(step.entry);
            if (found.is_leaf(level))
                return through_nested_at_last(byte_of(found.frame(), question_.address, level).raw);
            table = found.frame().raw;
        }
    }

    void through_nested_at_last(u64 guest_phys) {
        walk_.guest_phys = guest_phys;
        finish(through_nested(guest_phys, question_.access, 0));
    }

    static PhysAddr byte_of(PhysAddr frame, u64 address, unsigned level) {
        const u64 span = bytes_per_entry(level);
        return PhysAddr(align_down(frame.raw, span) | (address & (span - 1)));
    }

    WalkFault check(WalkTable table, u64 entry, unsigned level, Access access) const {
        const EntryFormat format = table == WalkTable::Nested ? entry_format(question_.format) : EntryFormat::Host;
        const Cell cell = cell_of(entry, format, level);
        if (cell.kind == CellKind::Empty || cell.kind == CellKind::Held) return WalkFault::NotPresent;
        if (level == kRootLevel && (entry & HostEntry::PS)) return WalkFault::ReservedBits;
        if (format == EntryFormat::Ept && !cell.rights.read && cell.rights.write) return WalkFault::ReservedBits;
        const bool kernel_may = table == WalkTable::Guest || question_.privilege == Privilege::Supervisor;
        if (!kernel_may && format != EntryFormat::Ept && !(entry & HostEntry::US)) return WalkFault::NotUser;
        // A guest kernel without CR0.WP writes what its tables forbid.
        const bool ignores_write = table == WalkTable::Guest && !(question_.guest.cr0 & kCr0Wp);
        if (access == Access::Write && !cell.rights.write && !ignores_write) return WalkFault::NotWritable;
        if (access == Access::Execute && !cell.rights.execute) return WalkFault::NotExecutable;
        if (!cell.rights.read) return WalkFault::NotPresent;
        return WalkFault::None;
    }

    PageSource& pages_;
    const WalkQuestion& question_;
    Walk walk_;
};

const char* name_of(WalkTable table) {
    switch (table) {
    case WalkTable::Host: return "host  ";
    case WalkTable::Nested: return "nested";
    case WalkTable::Guest: return "guest ";
    }
    return "";
}

const char* name_of(AddressKind kind) {
    switch (kind) {
    case AddressKind::Ring3: return "ring-3 address";
    case AddressKind::GuestPhys: return "guest-physical address";
    case AddressKind::GuestVirt: return "guest-virtual address";
    }
    return "";
}

const char* name_of(Access access) {
    switch (access) {
    case Access::Read: return "read";
    case Access::Write: return "write";
    case Access::Execute: return "execute";
    }
    return "";
}

}  // namespace

const char* explain(WalkFault fault) {
    switch (fault) {
    case WalkFault::None: return "";
    case WalkFault::NotPresent: return "not present";
    case WalkFault::NotWritable: return "may not be written";
    case WalkFault::NotExecutable: return "may not be executed";
    case WalkFault::NotUser: return "not for ring 3 (U/S is clear)";
    case WalkFault::NotCanonical: return "bits 63 to 47 differ: not canonical";
    case WalkFault::BeyondWindow: return "outside of the window of 512 GiB: a guest has 39 address bits";
    case WalkFault::ReservedBits: return "the processor refuses this entry: reserved bits";
    case WalkFault::PageNotKnown: return "this table was not read";
    case WalkFault::UnknownPaging: return "the guest's paging mode is not 4-level paging";
    }
    return "";
}

Walk walk(PageSource& pages, const WalkQuestion& question) { return Walker(pages, question).run(); }

std::string text_of(const WalkStep& step, NestedFormat format) {
    const EntryFormat entry = step.table == WalkTable::Nested ? entry_format(format) : EntryFormat::Host;
    char text[256];
    std::snprintf(text, sizeof(text), "%s L%u [%3u] at %012" PRIx64 "  %016" PRIx64 "  ", name_of(step.table),
                  step.level, step.index, step.place.raw, step.entry);
    std::string line = text;
    line += step.fault == WalkFault::PageNotKnown ? "" : describe_entry(step.entry, entry, step.level);
    if (step.fault != WalkFault::None) line += std::string(line.ends_with(' ') ? "" : ": ") + explain(step.fault);
    return line;
}

std::string text_of(const Walk& walk) {
    char text[160];
    std::snprintf(text, sizeof(text), "%s 0x%" PRIx64 ", %s, root pair 0x%" PRIx64 "\n", name_of(walk.question.kind),
                  walk.question.address, name_of(walk.question.access), walk.question.root.raw);
    std::string lines = text;
    unsigned number = 0;
    for (const WalkStep& step : walk.steps) {
        std::snprintf(text, sizeof(text), "%2u ", ++number);
        lines += text + text_of(step, walk.question.format) + "\n";
    }
    if (walk.guest_phys) {
        std::snprintf(text, sizeof(text), "guest-physical 0x%" PRIx64 "\n", *walk.guest_phys);
        lines += text;
    }
    if (walk.host_phys) {
        std::snprintf(text, sizeof(text), "host-physical 0x%" PRIx64 ", in a %s page\n", walk.host_phys->raw,
                      span_name(walk.page_level));
        return lines + text;
    }
    return lines + "no translation: " + explain(walk.fault) + "\n";
}

}  // namespace debugger
