// SPDX-License-Identifier: MIT
/// @file
/// @brief Lists of calls that change a tree, made in the machine.
/// @chapter testing
#include "labs/02-pair/tree.h"

#include <cstring>

#include "labs/grade/steps.h"

namespace grading {

using pair_lab::Deed;
using pair_lab::Step;

Step map_step(VirtAddr address, const Page& page) {
    const Rights rights = page.rights;
    return {.deed = Deed::Map,
            .size = level_of(page.size),
            .address = address.raw,
            .frame = page.frame.raw,
            .rights = u64{rights.read} | u64{rights.write} << 1 | u64{rights.execute} << 2};
}
Step map_new(VirtAddr address, u64 value, PageSize size) {
    Step step = map_step(address, {.size = size});
    step.deed = Deed::MapNew;
    step.value = value;
    return step;
}
Step protect(VirtAddr address, Rights rights) {
    Step step = map_step(address, {.rights = rights});
    step.deed = Deed::Protect;
    return step;
}
Step replace(VirtAddr address, Rights rights, u64 value) {
    Step step = map_step(address, {.rights = rights});
    step.deed = Deed::Replace;
    step.value = value;
    return step;
}
Step unmap(VirtAddr begin, VirtAddr end) { return {.deed = Deed::Unmap, .address = begin.raw, .end = end.raw}; }
Step read(VirtAddr address) { return {.deed = Deed::Read, .address = address.raw}; }
Step walk(VirtAddr address) { return {.deed = Deed::Walk, .address = address.raw}; }

Tree::Tree(const Subject& subject, NestedFormat format, Budget budget)
    : bench_({.kernel = subject.submission.tree() / "build/twain.elf", .budget = budget}), format_(format) {
    bench_.run_to(bench_.kernel().address_of("start_cores"), kToKernel);
    bench_.call("lab_reset", {static_cast<u64>(format)}, kStepsBudget);
    root_ = PhysAddr(word("lab_root"));
}

std::vector<Step> Tree::run(const std::vector<Step>& steps, const Bench::Stopped& stopped) {
    std::vector<Step> done = run_steps(bench_, steps, stopped);
    for (const Step& step : done) {
        if (step.error != 0) wrong("no error", "error " + std::to_string(step.error) + " at " + hex(step.address));
    }
    return done;
}

Entry Tree::page_at(VirtAddr address) {
    for (const Entry& page : contents().pages) {
        if (page.address == address) return page;
    }
    wrong("a page at " + hex(address), "nothing there");
}

u64 Tree::word(const char* symbol) {
    u64 value = 0;
    std::memcpy(&value, bench_.read(symbol, 8).data(), 8);
    return value;
}

}  // namespace grading
