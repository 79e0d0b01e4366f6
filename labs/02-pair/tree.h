// SPDX-License-Identifier: MIT
/// @file
/// @brief A student's tree of pairs in a machine, and the grader's own reading of it.
/// @chapter testing
#pragma once

#include <map>
#include <string>
#include <vector>

#include "labs/02-pair/bench.h"
#include "labs/grade/behaviours.h"
#include "labs/grade/bench.h"
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

pair_lab::Step map_step(VirtAddr address, const Page& page);
pair_lab::Step map_new(VirtAddr address, u64 value = 0, PageSize size = PageSize::Size4K);
pair_lab::Step protect(VirtAddr address, Rights rights);
pair_lab::Step replace(VirtAddr address, Rights rights, u64 value = 0);
pair_lab::Step unmap(VirtAddr begin, VirtAddr end);
pair_lab::Step read(VirtAddr address);
pair_lab::Step walk(VirtAddr address);

/// One entry of the student's tree.
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

/// A tree of the student's in the machine, before any process has one.
class Tree {
   public:
    explicit Tree(const Subject& subject, NestedFormat format = NestedFormat::Npt,
                  Budget budget = Budget::Instructions);

    std::vector<pair_lab::Step> run(const std::vector<pair_lab::Step>& steps, const Bench::Stopped& stopped = {});
    pair_lab::Step run(const pair_lab::Step& step) { return run(std::vector{step})[0]; }

    PhysAddr root() const { return root_; }
    NestedFormat format() const { return format_; }
    u64 free_bytes_when_empty() { return word("lab_free_bytes"); }
    machine::Rsp& rsp() { return bench_.rsp(); }

    u64 read_word(PhysAddr place) { return rsp().read_physical_u64(place); }
    void write_word(PhysAddr place, u64 value);

    /// Reads the whole tree. @throws Failure where a host half cannot be followed
    Contents contents();
    /// The entry of the page at `address`.
    Entry page_at(VirtAddr address);

   private:
    u64 word(const char* symbol);
    void read_table(Contents& all, PhysAddr table, unsigned level, VirtAddr begin);

    Bench bench_;
    NestedFormat format_;
    PhysAddr root_{};
};

/// Accessed and dirty in either half.
inline constexpr u64 kHostNoted = HostEntry::A | HostEntry::D;
u64 nested_noted(NestedFormat format);

/// The host halves name just these pages, rightly.
void expect_pages(const Contents& contents, const Pages& expected);
/// Inside the window, the nested half says what the host half says.
void expect_both_halves(const Contents& contents, NestedFormat format);

}  // namespace grading
