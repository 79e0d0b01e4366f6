// SPDX-License-Identifier: MIT
/// @file
/// @brief Memories of the grader's in a machine, before any process has one.
/// @chapter testing
#pragma once

#include <string>
#include <vector>

#include "labs/03-processes/bench.h"
#include "labs/grade/behaviours.h"
#include "labs/grade/bench.h"
#include "labs/grade/pairs.h"
#include "mm/address_space.h"

namespace grading {

inline constexpr Rights kAll{true, true, true};

/// A range of the first space.
struct Range {
    VirtAddr begin;
    u64 bytes;
    Rights rights = kData;
    fork_lab::From from = fork_lab::From::Zeros;
};

fork_lab::Step new_space(u32 space);
fork_lab::Step end_space(u32 space);
fork_lab::Step map_range(u32 space, const Range& range);
fork_lab::Step protect_range(u32 space, VirtAddr begin, u64 bytes, Rights rights);
fork_lab::Step fork_space(u32 parent, u32 child);
fork_lab::Step write_to(u32 space, VirtAddr address, u64 value);
fork_lab::Step read_from(u32 space, VirtAddr address);

fork_lab::Step fault_at(u32 space, VirtAddr address, Access access, Ring ring = Ring::Ring3);
/// Of references to frames.
fork_lab::Step frame_step(fork_lab::Deed deed, PhysAddr frame = {}, PageSize size = PageSize::Size4K);

/// The machine with up to kSpaces memories.
class Spaces {
   public:
    explicit Spaces(const Subject& subject, NestedFormat format = NestedFormat::Npt,
                    PageSize largest = PageSize::Size4K);

    /// Does the steps, none of which may fail.
    std::vector<fork_lab::Step> run(const std::vector<fork_lab::Step>& steps);
    fork_lab::Step run(const fork_lab::Step& step) { return run(std::vector{step})[0]; }
    /// The same where an error is an answer.
    fork_lab::Step try_to(const fork_lab::Step& step);

    /// All of a space, in both halves.
    Contents contents(u32 space);
    Entry page_at(u32 space, VirtAddr address);
    /// Memory, as it lies in frames.
    u64 word_at(u32 space, VirtAddr address);
    u64 word(PhysAddr place) { return bench_.rsp().read_physical_u64(place); }
    /// All 4096 bytes of a frame.
    machine::Bytes frame(PhysAddr frame) { return bench_.rsp().read_physical(frame, kPageBytes); }

    PhysAddr source();
    /// What stands in each word of the source.
    u64 source_word() const { return source_word_; }
    NestedFormat format() const { return format_; }

   private:
    u64 kernel_word(const char* symbol, usize index = 0);

    Bench bench_;
    NestedFormat format_;
    u64 source_word_;
};

/// The entry of the page that holds `address`. @throws Failure
Entry entry_at(const Contents& contents, VirtAddr address);

}  // namespace grading
