// SPDX-License-Identifier: MIT
/// @file
/// @brief What the grader adds to the kernel of lab 2: a tree of pairs of its own, and a list of things to do with it.
/// @chapter testing
///
/// It is laid over the tree that is graded, so a student's own copy of it means nothing. The grader stops the machine before
/// the first process, writes the list, calls `lab_run`, and reads the pairs out of physical memory.
#include "lab/bench.h"

#include "mm/address_space.h"
#include "mm/kernel_space.h"
#include "mm/shootdown.h"
#include "x86/instructions.h"

extern "C" {
constinit pair_lab::Step lab_steps[pair_lab::kSteps];
constinit u64 lab_step_count = 0;
constinit u64 lab_root = 0;        ///< where the tree's root lies
constinit u64 lab_free_bytes = 0;  ///< of the machine, when the tree was empty
}

namespace {

using pair_lab::Deed;
using pair_lab::Step;

constinit AddressSpace* space = nullptr;

PageTables& tables() { return const_cast<PageTables&>(space->tables()); }

Rights rights_of(const Step& step) { return {(step.rights & 1) != 0, (step.rights & 2) != 0, (step.rights & 4) != 0}; }

/// A new page with the value that the grader wants to find in it.
FrameRef new_frame(Step& step) {
    auto frame = FrameRef::allocate(Fill::Nothing, static_cast<PageSize>(step.size));
    CHECK(frame.ok());
    step.frame = frame.value().address().raw;
    *reinterpret_cast<u64*>(frame.value().data()) = step.value;
    return std::move(frame.value());
}

u64 error_of(const Result<EntryPair>& result) { return result.ok() ? 0 : static_cast<u64>(result.error().code); }

void walk(Step& step) {
    const WalkResult found = tables().walk(VirtAddr(step.address));
    step.level = found.level;
    step.host = found.entry.host.raw();
    step.nested = found.entry.nested.raw();
}

/// Through the processor's own translation, and what it remembers of that.
u64 read_through_tree(VirtAddr address) {
    x86::stac();
    const u64 value = *reinterpret_cast<const volatile u64*>(address.raw);
    x86::clac();
    return value;
}

void run(Step& step) {
    const VirtAddr address(step.address);
    const auto size = static_cast<PageSize>(step.size);
    TlbFlush flush(*space);
    switch (step.deed) {
    case Deed::NewPair: step.frame = frames::allocate(kPairOrder, Fill::Zero).value().raw; break;
    case Deed::Walk: walk(step); break;
    case Deed::Map:
        step.error =
            error_of(tables().map(address, size, FrameRef::adopt(PhysAddr(step.frame), size), rights_of(step)));
        break;
    case Deed::MapNew: step.error = error_of(tables().map(address, size, new_frame(step), rights_of(step))); break;
    case Deed::Protect: tables().protect(address, rights_of(step), flush); break;
    case Deed::Replace: tables().replace(address, new_frame(step), rights_of(step), flush); break;
    case Deed::Unmap: tables().unmap(address, VirtAddr(step.end), flush); break;
    case Deed::Read: step.value = read_through_tree(address); break;
    }
}

}  // namespace

extern "C" {
/// Begins a new, empty tree; the old one is left where it is.
void lab_reset(u64 format) {
    set_nested_format(static_cast<NestedFormat>(format));
    auto made = AddressSpace::create();
    CHECK(made.ok());
    made.value()->take_reference();
    space = made.value().get();
    lab_root = space->tables().host_root().raw;
    lab_free_bytes = frames::free_bytes();
}

void lab_run() {
    load_root(PhysAddr(lab_root));
    for (u64 i = 0; i < lab_step_count; ++i) {
        run(lab_steps[i]);
        lab_steps[i].pairs = space->tables().pair_count();
        lab_steps[i].free_bytes = frames::free_bytes();
    }
    load_root(kernel_space::root());
}
}
