// SPDX-License-Identifier: MIT
/// @file
/// @brief A student's tree of pairs in a machine, and calls of the functions that change it.
/// @chapter testing
#pragma once

#include <vector>

#include "labs/02-pair/bench.h"
#include "labs/grade/behaviours.h"
#include "labs/grade/bench.h"
#include "labs/grade/pairs.h"

namespace grading {

pair_lab::Step map_step(VirtAddr address, const Page& page);
pair_lab::Step map_new(VirtAddr address, u64 value = 0, PageSize size = PageSize::Size4K);
pair_lab::Step protect(VirtAddr address, Rights rights);
pair_lab::Step replace(VirtAddr address, Rights rights, u64 value = 0);
pair_lab::Step unmap(VirtAddr begin, VirtAddr end);
pair_lab::Step read(VirtAddr address);
pair_lab::Step walk(VirtAddr address);

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
    void write_word(PhysAddr place, u64 value) { grading::write_word(rsp(), place, value); }

    /// The whole tree. @throws Failure as read_pairs
    Contents contents() { return read_pairs(rsp(), root_); }
    /// The entry of the page at `address`.
    Entry page_at(VirtAddr address);

   private:
    u64 word(const char* symbol);

    Bench bench_;
    NestedFormat format_;
    PhysAddr root_{};
};

}  // namespace grading
