// SPDX-License-Identifier: MIT
/// @file
/// @brief The grader's own reading of a tree of pairs: both halves, entry by entry, out of the machine's physical memory.
/// @chapter testing
#pragma once

#include <map>
#include <string>
#include <vector>

#include "debugger-ui/rsp/rsp.h"
#include "x86/paging.h"

namespace grading {

inline constexpr Rights kReadOnly{true, false, false}, kData{true, true, false}, kCode{true, false, true}, kNone{false};

std::string hex(u64 value);
inline std::string hex(PhysAddr address) { return hex(address.raw); }
inline std::string hex(VirtAddr address) { return hex(address.raw); }

/// A page as it should be.
struct Page {
    PageSize size = PageSize::Size4K;
    PhysAddr frame{};
    Rights rights = kData;
};
using Pages = std::map<VirtAddr, Page>;

/// One entry of a tree.
struct Entry {
    VirtAddr address;
    unsigned level;
    PhysAddr place;  ///< of the host entry; the nested one lies 4096 bytes further on
    HostEntry host;
    NestedEntry nested;
    std::string text() const;
};

/// What a tree is made of, without a judgement.
struct Contents {
    std::vector<Entry> pages, tables, empty_beside_nested;
};

/// Reads the whole tree below a root. @throws Failure where a host half cannot be followed
Contents read_pairs(machine::Rsp& rsp, PhysAddr root);
void write_word(machine::Rsp& rsp, PhysAddr place, u64 value);
/// A program's memory, out of the frames that its tree names. @throws Failure where a page is not there
machine::Bytes memory_of(machine::Rsp& rsp, const Contents& contents, u64 address, u64 bytes);

/// Accessed and dirty in either half.
inline constexpr u64 kHostNoted = HostEntry::A | HostEntry::D;
u64 nested_noted(NestedFormat format);

/// The host halves name just these pages, rightly.
void expect_pages(const Contents& contents, const Pages& expected);
/// Inside the window, the nested half says what the host half says.
void expect_both_halves(const Contents& contents, NestedFormat format);

}  // namespace grading
