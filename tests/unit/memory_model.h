// SPDX-License-Identifier: MIT
/// @file
/// @brief A second opinion on a process's memory: both halves walked with masks of its own, and what ought to be there.
/// @chapter testing
///
/// The model knows ranges of pages with the same rights, and the number that a program would read in each page it wrote to.
/// The walk is made on raw memory, so that a mistake in the layout header cannot hide itself.
#pragma once

#include <map>

#include "mm/address_space.h"

namespace model {

/// A page, of any size, as the two halves have it; 0: not there. `level` is the one of the entries.
struct Leaf {
    u64 host = 0, nested = 0;
    int level = 0;
    u64 bytes() const { return 1ULL << (12 + 9 * (level - 1)); }
};

/// Every leaf of the host half, and beside it what the nested half has for its address when walked from its own root.
std::map<u64, Leaf> both_halves(const AddressSpace& space);
/// The leaf around `address`; of level 0 where none is.
Leaf leaf_at(const AddressSpace& space, u64 address);
/// The first word of the page of 4 KiB around `address`, plus its offset there rounded down to words.
u64& word_at(const AddressSpace& space, u64 address);
/// Whether either half's leaf has the dirty bit.
bool dirty_at(const AddressSpace& space, u64 address);
/// Sets accessed and dirty as a processor does that writes: in the nested half inside the window, else in the host half.
void note_write(const AddressSpace& space, u64 address);
/// The table in whose host half the leaf of `address` stands.
PhysAddr table_of(const AddressSpace& space, u64 address);

/// What a process's memory ought to be.
class Model {
   public:
    void map(u64 begin, u64 end, Protection protection);
    void unmap(u64 begin, u64 end);
    /// Up to the first hole, as Linux has it; true when there is none.
    bool protect(u64 begin, u64 end, Protection protection);
    void discard(u64 begin, u64 end);
    void write(u64 page, u64 value) { pages_[page] = {value, true}; }
    /// The rights of a page, or null where nothing is mapped.
    const Protection* protection(u64 page) const;
    u64 value(u64 page) const;
    /// For a child of fork: the same, but nothing noted by a processor.
    Model copy() const;

    /// Compares; answers an empty string or what is wrong first.
    std::string compare(AddressSpace& space) const;

   private:
    struct Range {
        u64 end;
        Protection protection;
    };
    struct Page {
        u64 value;
        bool dirty;
    };
    std::string compare_leaf(u64 address, const Leaf& leaf) const;
    void cut(u64 at);
    std::map<u64, Range> ranges_;  ///< by their begin
    std::map<u64, Page> pages_;    ///< that were written to
};

}  // namespace model
