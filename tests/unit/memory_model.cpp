// SPDX-License-Identifier: MIT
/// @file
/// @brief A second opinion on a process's memory: both halves walked with masks of its own, and what ought to be there.
/// @chapter testing
#include "memory_model.h"

#include <functional>
#include <sstream>

namespace model {
namespace {

constexpr u64 kFrame = 0x000f'ffff'ffff'f000, kNoted = 0x60;

u64* entries(u64 physical) { return static_cast<u64*>(frames::virt_from_phys(PhysAddr(physical))); }
bool is_there(u64 entry) { return entry & 0x201; }
bool is_leaf(u64 entry, int level) { return level == 1 || (entry & 0x80); }

using Visit = std::function<void(u64 address, u64 entry, int level)>;

/// Calls `visit` for every leaf below `table`, which covers addresses from `base` on.
void collect(u64 table, int level, u64 base, const Visit& visit) {
    for (u64 i = 0; i < (level == 4 ? 256u : 512u); ++i) {
        const u64 entry = entries(table)[i];
        const u64 address = base + (i << (12 + 9 * (level - 1)));
        if (!is_there(entry)) continue;
        if (is_leaf(entry, level))
            visit(address, entry, level);
        else
            collect(entry & kFrame, level - 1, address, visit);
    }
}

/// The entry that a walk of one half ends at, and the table it is in.
struct Found {
    u64* entry;
    int level;
    u64 table;
};
Found find(u64 table, u64 address) {
    for (int level = 4;; --level) {
        u64* const entry = entries(table) + (address >> (12 + 9 * (level - 1)) & 511);
        if (!is_there(*entry) || is_leaf(*entry, level)) return {entry, level, table};
        table = *entry & kFrame;
    }
}

}  // namespace

std::map<u64, Leaf> both_halves(const AddressSpace& space) {
    std::map<u64, Leaf> joined;
    collect(space.tables().host_root().raw, 4, 0, [&](u64 address, u64 entry, int level) {
        joined[address] = {entry, 0, level};
    });
    collect(space.tables().nested_root().raw, 4, 0, [&](u64 address, u64 entry, int level) {
        Leaf& leaf = joined[address];
        // Of another size than the host's: as bad as one without.
        leaf.nested = leaf.level == level ? entry : ~0ULL;
    });
    return joined;
}

Leaf leaf_at(const AddressSpace& space, u64 address) {
    const Found host = find(space.tables().host_root().raw, address);
    if (!is_there(*host.entry)) return {};
    const Found nested = find(space.tables().nested_root().raw, address);
    return {*host.entry, *nested.entry, host.level};
}

u64& word_at(const AddressSpace& space, u64 address) {
    const Leaf leaf = leaf_at(space, address);
    if (leaf.level == 0) throw std::runtime_error("nothing is mapped there");
    return entries((leaf.host & kFrame) + (address & (leaf.bytes() - 1)))[0];
}

bool dirty_at(const AddressSpace& space, u64 address) {
    const Leaf leaf = leaf_at(space, address);
    return (leaf.host | leaf.nested) & 0x40;
}

void note_write(const AddressSpace& space, u64 address) {
    const bool in_window = address < 1ULL << 39;
    const PhysAddr root = in_window ? space.tables().nested_root() : space.tables().host_root();
    *find(root.raw, address).entry |= kNoted;
}

PhysAddr table_of(const AddressSpace& space, u64 address) {
    return PhysAddr(find(space.tables().host_root().raw, address).table);
}

/// Makes `at` a border between ranges where it lies inside one.
void Model::cut(u64 at) {
    auto next = ranges_.upper_bound(at);
    if (next == ranges_.begin()) return;
    auto& [begin, range] = *std::prev(next);
    if (begin == at || range.end <= at) return;
    ranges_[at] = range;
    range.end = at;
}

void Model::unmap(u64 begin, u64 end) {
    cut(begin);
    cut(end);
    ranges_.erase(ranges_.lower_bound(begin), ranges_.lower_bound(end));
    discard(begin, end);
}

void Model::map(u64 begin, u64 end, Protection protection) {
    unmap(begin, end);
    ranges_[begin] = {end, protection};
}

bool Model::protect(u64 begin, u64 end, Protection protection) {
    cut(begin);
    cut(end);
    u64 at = begin;
    for (auto range = ranges_.lower_bound(begin); range != ranges_.end() && range->first == at && at < end; ++range) {
        range->second.protection = protection;
        at = range->second.end;
    }
    return at >= end;
}

void Model::discard(u64 begin, u64 end) { pages_.erase(pages_.lower_bound(begin), pages_.lower_bound(end)); }

const Protection* Model::protection(u64 page) const {
    auto next = ranges_.upper_bound(page);
    if (next == ranges_.begin()) return nullptr;
    const auto& range = std::prev(next)->second;
    return page < range.end ? &range.protection : nullptr;
}

u64 Model::value(u64 page) const {
    const auto found = pages_.find(page);
    return found == pages_.end() ? 0 : found->second.value;
}

Model Model::copy() const {
    Model child = *this;
    for (auto& [address, page] : child.pages_) page.dirty = false;
    return child;
}

std::string Model::compare(AddressSpace& space) const {
    if (const char* wrong = space.check()) return std::string("the checker: ") + wrong;
    for (const auto& [address, leaf] : both_halves(space)) {
        const std::string wrong = compare_leaf(address, leaf);
        if (wrong.empty()) continue;
        std::ostringstream text;
        text << wrong << " at " << std::hex << address << ", level " << leaf.level << ": host " << leaf.host
             << ", nested " << leaf.nested;
        return text.str();
    }
    for (const auto& [address, page] : pages_) {
        std::ostringstream text;
        text << std::hex << address;
        if (leaf_at(space, address).level == 0) return "a page that was written to is gone at " + text.str();
        if (page.dirty && !dirty_at(space, address)) return "the dirty bit was lost at " + text.str();
    }
    return {};
}

std::string Model::compare_leaf(u64 address, const Leaf& leaf) const {
    if (leaf.level == 0) return "the nested half has a page alone";
    if ((leaf.host & kFrame) & (leaf.bytes() - 1)) return "a frame that is not aligned to the page";
    auto range = std::prev(ranges_.upper_bound(address));
    if (ranges_.empty() || ranges_.begin()->first > address) return "a page where the model has nothing";
    for (u64 at = address; at < address + leaf.bytes(); at = range->second.end, ++range) {
        if (range == ranges_.end() || range->first > at || range->second.end <= at)
            return "a page where the model has nothing";
        const Protection p = range->second.protection;
        if (((leaf.host & 1) != 0) == p.none()) return "a page that may be reached and ought not, or the reverse";
        if ((leaf.host & 2) && !p.write && !p.none()) return "a page that may be written and ought not";
        if (!(leaf.host >> 63) && !p.execute && !p.none()) return "a page that may be executed and ought not";
    }
    if (!(leaf.host & 4)) return "a page of the kernel's";
    const bool reachable = address < 1ULL << 39 && (leaf.host & 1);
    // Accessed and dirty are the only bits in which the halves may differ.
    if ((leaf.nested & ~kNoted) != (reachable ? leaf.host & ~kNoted : 0)) return "the halves differ";
    // All pages that were written to, and between them some that were not.
    const u64 step = std::max<u64>(leaf.bytes() / 8, kPageBytes);
    for (u64 at = address; at < address + leaf.bytes(); at += step) {
        if (entries((leaf.host & kFrame) + (at - address))[1] != value(at)) return "not what was written before";
    }
    for (auto page = pages_.lower_bound(address); page != pages_.end() && page->first < address + leaf.bytes();
         ++page) {
        if (entries((leaf.host & kFrame) + (page->first - address))[1] != page->second.value)
            return "not what was written";
    }
    return {};
}

}  // namespace model
