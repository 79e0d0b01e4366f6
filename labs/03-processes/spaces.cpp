// SPDX-License-Identifier: MIT
/// @file
/// @brief Lists of things to do with memories, done in the machine, and what came of them.
/// @chapter testing
#include "labs/03-processes/spaces.h"

#include <cstring>

#include "labs/grade/steps.h"

namespace grading {

using fork_lab::Deed;
using fork_lab::Step;

namespace {

u32 bits_of(Rights rights) { return u32{rights.read} | u32{rights.write} << 1 | u32{rights.execute} << 2; }

}  // namespace

Step new_space(u32 space) { return {.deed = Deed::NewSpace, .space = space}; }
Step end_space(u32 space) { return {.deed = Deed::EndSpace, .space = space}; }
Step map_range(u32 space, const Range& range) {
    return {.deed = Deed::Map,
            .space = space,
            .from = range.from,
            .address = range.begin.raw,
            .bytes = range.bytes,
            .rights = bits_of(range.rights)};
}
Step protect_range(u32 space, VirtAddr begin, u64 bytes, Rights rights) {
    return {.deed = Deed::Protect, .space = space, .address = begin.raw, .bytes = bytes, .rights = bits_of(rights)};
}
Step fork_space(u32 parent, u32 child) { return {.deed = Deed::Fork, .space = parent, .other = child}; }
Step write_to(u32 space, VirtAddr address, u64 value) {
    return {.deed = Deed::Write, .space = space, .address = address.raw, .value = value};
}
Step read_from(u32 space, VirtAddr address) { return {.deed = Deed::Read, .space = space, .address = address.raw}; }
Step fault_at(u32 space, VirtAddr address, Access access, Ring ring) {
    return {.deed = Deed::Fault,
            .space = space,
            .address = address.raw,
            .access = static_cast<u32>(access),
            .ring = static_cast<u32>(ring)};
}
Step frame_step(Deed deed, PhysAddr frame, PageSize size) {
    return {.deed = deed, .address = frame.raw, .size = level_of(size)};
}

Spaces::Spaces(const Subject& subject, NestedFormat format, PageSize largest)
    : bench_({.kernel = subject.submission.tree() / "build/twain.elf"}),
      format_(format),
      source_word_(0x5eed'0000'0000'0000 + subject.seed) {
    bench_.run_to(bench_.kernel().address_of("start_cores"), kToKernel);
    bench_.call("lab_reset", {static_cast<u64>(format), level_of(largest), source_word_}, kStepsBudget);
}

std::vector<Step> Spaces::run(const std::vector<Step>& steps) {
    std::vector<Step> done = run_steps(bench_, steps);
    for (const Step& step : done) {
        if (step.error == 0) continue;
        const char* what = step.deed == Deed::Write  ? "a write to "
                           : step.deed == Deed::Read ? "a read of "
                           : step.deed == Deed::Fork ? "a fork of space "
                                                     : "a call for ";
        wrong(what + hex(step.deed == Deed::Fork ? step.space : step.address) + " in space " +
                  std::to_string(step.space) + " that goes well",
              "error " + std::to_string(step.error) + " after " + std::to_string(step.faults) +
                  " faults, the last settled as " + std::to_string(step.resolution));
    }
    return done;
}

Step Spaces::try_to(const Step& step) { return run_steps(bench_, std::vector{step})[0]; }

Contents Spaces::contents(u32 space) {
    const PhysAddr root(kernel_word("lab_roots", space));
    if (root.raw == 0) wrong("a space " + std::to_string(space), "none");
    return read_pairs(bench_.rsp(), root);
}

Entry Spaces::page_at(u32 space, VirtAddr address) { return entry_at(contents(space), address); }

u64 Spaces::word_at(u32 space, VirtAddr address) {
    const Entry entry = page_at(space, address);
    return word(entry.host.frame() + (address - entry.address));
}

PhysAddr Spaces::source() { return PhysAddr(kernel_word("lab_source")); }

u64 Spaces::kernel_word(const char* symbol, usize index) {
    u64 value = 0;
    std::memcpy(&value, bench_.read(symbol, 8 * (index + 1)).data() + 8 * index, 8);
    return value;
}

Entry entry_at(const Contents& contents, VirtAddr address) {
    for (const Entry& page : contents.pages) {
        if (page.address <= address && address - page.address < bytes_per_entry(page.level)) return page;
    }
    wrong("a page at " + hex(address), "nothing there");
}

}  // namespace grading
