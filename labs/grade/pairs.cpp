// SPDX-License-Identifier: MIT
/// @file
/// @brief Walks both halves of a tree, and says where they are not as they should be.
/// @chapter testing
#include "labs/grade/pairs.h"

#include <algorithm>
#include <cstring>

#include "labs/grade/verdict.h"

namespace grading {
namespace {

const char* name_of(PageSize size) {
    return size == PageSize::Size4K ? "4 KiB" : size == PageSize::Size2M ? "2 MiB" : "1 GiB";
}
std::string name_of(Rights rights) {
    return std::string{rights.read ? 'r' : '-', rights.write ? 'w' : '-', rights.execute ? 'x' : '-'};
}

void read_table(machine::Rsp& rsp, Contents& all, PhysAddr table, unsigned level, VirtAddr begin) {
    constexpr usize kMostTables = 600;
    if (all.tables.size() > kMostTables) wrong("a tree", "more than " + std::to_string(kMostTables) + " tables");
    if (!is_aligned(table.raw, sizeof(TablePair)))
        wrong("pairs at multiples of 8 KiB", "level " + std::to_string(level) + " has a table at " + hex(table));
    TablePair pair;
    const machine::Bytes bytes = rsp.read_physical(table, sizeof pair);
    std::memcpy(static_cast<void*>(&pair), bytes.data(), sizeof pair);
    const unsigned count = level == kRootLevel ? kFirstKernelSlot : kEntriesPerTable;
    for (unsigned index = 0; index < count; ++index) {
        const Entry entry{begin + index * bytes_per_entry(level), level, table + index * sizeof(HostEntry),
                          pair.host[index], pair.nested[index]};
        if (!entry.host.mapped()) {
            if (entry.nested.raw() != 0) all.empty_beside_nested.push_back(entry);
        } else if (entry.host.is_leaf(level)) {
            all.pages.push_back(entry);
        } else {
            all.tables.push_back(entry);
            read_table(rsp, all, entry.host.frame(), level - 1, entry.address);
        }
    }
}

}  // namespace

std::string hex(u64 value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

std::string Entry::text() const {
    return "host " + hex(host.raw()) + ", nested " + hex(nested.raw()) + " at " + hex(address) + ", level " +
           std::to_string(level);
}

Contents read_pairs(machine::Rsp& rsp, PhysAddr root) {
    Contents all;
    read_table(rsp, all, root, kRootLevel, VirtAddr(0));
    return all;
}

void write_word(machine::Rsp& rsp, PhysAddr place, u64 value) {
    machine::Bytes bytes(8);
    std::memcpy(bytes.data(), &value, 8);
    rsp.write_physical(place, bytes);
}

machine::Bytes memory_of(machine::Rsp& rsp, const Contents& contents, u64 address, u64 bytes) {
    machine::Bytes all;
    while (all.size() < bytes) {
        const u64 at = address + all.size();
        const auto page = std::find_if(contents.pages.begin(), contents.pages.end(), [at](const Entry& entry) {
            return entry.address.raw <= at && at - entry.address.raw < bytes_per_entry(entry.level);
        });
        if (page == contents.pages.end()) wrong("a page at " + hex(at), "nothing there");
        const u64 offset = at - page->address.raw;
        const u64 part = std::min(bytes - all.size(), bytes_per_entry(page->level) - offset);
        const machine::Bytes more = rsp.read_physical(page->host.frame() + offset, part);
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

u64 nested_noted(NestedFormat format) {
    return format == NestedFormat::Ept ? NestedEntry::kEptAccessed | NestedEntry::kEptDirty : kHostNoted;
}

void expect_pages(const Contents& contents, const Pages& expected) {
    Pages left = expected;
    for (const Entry& entry : contents.pages) {
        const auto page = left.find(entry.address);
        if (page == left.end()) wrong("no page at " + hex(entry.address), entry.text());
        const auto& [size, frame, rights] = page->second;
        const std::string what = std::string("a page of ") + name_of(size) + " (" + name_of(rights) + ") at " +
                                 hex(entry.address) + ", host entry ";
        const HostEntry right = HostEntry::leaf(frame, size, rights);
        if (entry.level != level_of(size)) wrong(what + "at level " + std::to_string(level_of(size)), entry.text());
        if ((entry.host.raw() & ~kHostNoted) != right.raw()) wrong(what + hex(right.raw()), entry.text());
        left.erase(page);
    }
    if (!left.empty()) wrong("a page at " + hex(left.begin()->first), "nothing there");
    for (const Entry& entry : contents.tables) {
        const HostEntry right = HostEntry::table(entry.host.frame());
        if ((entry.host.raw() & ~kHostNoted) != right.raw())
            wrong("a host entry " + hex(right.raw()) + " that points at a table", entry.text());
    }
}

void expect_both_halves(const Contents& contents, NestedFormat format) {
    const u64 mask = ~nested_noted(format);
    for (const Entry& entry : contents.tables) {
        const NestedEntry right = NestedEntry::table(entry.host.frame() + kPageBytes, format);
        if (in_window(entry.address) && (entry.nested.raw() & mask) != right.raw())
            wrong("a nested entry " + hex(right.raw()) + ", 4096 bytes behind the host's table", entry.text());
    }
    for (const Entry& entry : contents.pages) {
        const auto size = static_cast<PageSize>(entry.level);
        const NestedEntry right = NestedEntry::leaf(entry.host.frame(), size, entry.host.rights(), format);
        if (in_window(entry.address) && (entry.nested.raw() & mask) != right.raw())
            wrong("a nested entry " + hex(right.raw()) + " that says what the host's says", entry.text());
    }
    for (const Entry& entry : contents.empty_beside_nested) {
        if (in_window(entry.address)) wrong("nothing in the nested half where the host half has nothing", entry.text());
    }
}

}  // namespace grading
