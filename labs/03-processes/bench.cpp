// SPDX-License-Identifier: MIT
/// @file
/// @brief What the grader adds to the kernel of lab 3: memories of its own, and a list of things to do with them.
/// @chapter testing
///
/// It is laid over the tree that is graded, so a student's own copy of it means nothing. The grader stops the machine before
/// the first process, writes the list, calls `lab_run`, and reads pairs and frames out of physical memory.
#include "lab/bench.h"

#include "mm/address_space.h"
#include "mm/kernel_space.h"
#include "mm/shootdown.h"
#include "mm/user_memory.h"
#include "x86/instructions.h"

using fork_lab::Deed;
using fork_lab::From;
using fork_lab::Step;

extern "C" {
constinit Step lab_steps[fork_lab::kSteps];
constinit u64 lab_step_count = 0;
constinit u64 lab_roots[fork_lab::kSpaces];  ///< 0: no such space
constinit u64 lab_source = 0;                ///< where the source's only page lies
}

namespace {

constinit AddressSpace* spaces[fork_lab::kSpaces];
constinit FrameSource* source = nullptr;

template <class T>
T checked(Result<T> result) {
    CHECK(result.ok());
    return std::move(result.value());
}

void keep(u32 index, Ref<AddressSpace> space) {
    space->take_reference();
    spaces[index] = space.get();
    lab_roots[index] = space->tables().host_root().raw;
}

void end(u32 index) {
    if (spaces[index]->drop_reference()) delete spaces[index];
    spaces[index] = nullptr;
    lab_roots[index] = 0;
}

Protection protection_of(const Step& step) {
    return {(step.rights & 1) != 0, (step.rights & 2) != 0, (step.rights & 4) != 0};
}

u64 map(const Step& step) {
    const auto mapped =
        spaces[step.space]->map({.address = VirtAddr(step.address),
                                 .bytes = step.bytes,
                                 .placement = AddressSpace::Placement::Fixed,
                                 .protection = protection_of(step),
                                 .sharing = step.from == From::SharedSource ? Sharing::Shared : Sharing::Private,
                                 .source = step.from == From::Zeros ? Ref<PageSource>() : Ref<PageSource>(source)});
    return mapped.ok() ? 0 : static_cast<u64>(mapped.error().code);
}

/// As a program does it: the processor looks at the entry, or at what it remembers of it, and where it refuses, the fault is
/// resolved and the access made again.
void touch(Step& step, Access access) {
    AddressSpace& space = *spaces[step.space];
    const PhysAddr root = space.tables().host_root();
    // What the processor remembers is lost with a new root, so the same one stays loaded.
    if (PhysAddr(x86::read_cr3()).page() != root) load_root(root);
    const VirtAddr address(step.address);
    for (step.faults = 0; step.faults < 4; ++step.faults) {
        const bool done = access == Access::Write ? copy_to_user(address, &step.value, sizeof step.value).ok()
                                                  : copy_from_user(&step.value, address, sizeof step.value).ok();
        if (done) return;
        const Resolution resolution = space.resolve({.address = address, .access = access, .ring = Ring::Ring3});
        step.resolution = static_cast<u64>(resolution);
        if (resolution != Resolution::Mapped && resolution != Resolution::Spurious) break;
    }
    step.error = EFAULT;
}

void run(Step& step) {
    const VirtAddr address(step.address);
    const PhysAddr frame(step.address);
    const auto size = static_cast<PageSize>(step.size);
    switch (step.deed) {
    case Deed::NewSpace: keep(step.space, checked(AddressSpace::create())); break;
    case Deed::EndSpace: end(step.space); break;
    case Deed::Map: step.error = map(step); break;
    case Deed::Protect: {
        const auto changed = spaces[step.space]->protect(address, step.bytes, protection_of(step));
        step.error = changed.ok() ? 0 : static_cast<u64>(changed.error().code);
        break;
    }
    case Deed::Fork: {
        auto child = spaces[step.space]->fork();
        step.error = child.ok() ? 0 : static_cast<u64>(child.error().code);
        if (child.ok()) keep(step.other, std::move(child.value()));
        break;
    }
    case Deed::Write: touch(step, Access::Write); break;
    case Deed::Read: touch(step, Access::Read); break;
    case Deed::Fault:
        step.resolution = static_cast<u64>(spaces[step.space]->resolve(
            {.address = address, .access = static_cast<Access>(step.access), .ring = static_cast<Ring>(step.ring)}));
        break;
    case Deed::NewFrame: step.address = checked(FrameRef::allocate(Fill::Zero, size)).leak().raw; break;
    case Deed::Share: FrameRef::share(frame, size).leak(); break;
    case Deed::Drop: (void)FrameRef::adopt(frame, size); break;  // and let go at once
    case Deed::Count: step.value = FrameRef::count_of(frame, size); break;
    }
}

}  // namespace

extern "C" {
/// Forgets all spaces and begins with a new source, whose page holds `word` everywhere.
void lab_reset(u64 format, u64 largest, u64 word) {
    set_nested_format(static_cast<NestedFormat>(format));
    set_largest_page(static_cast<PageSize>(largest));
    for (u32 i = 0; i < fork_lab::kSpaces; ++i) spaces[i] = nullptr;
    for (u64& root : lab_roots) root = 0;
    FrameRef page = checked(FrameRef::allocate(Fill::Nothing));
    for (u64 i = 0; i < kPageBytes / sizeof word; ++i) reinterpret_cast<u64*>(page.data())[i] = word;
    lab_source = page.address().raw;
    source = new (std::nothrow) FrameSource(std::move(page), "lab");
    source->take_reference();
}

void lab_run() {
    for (u64 i = 0; i < lab_step_count; ++i) {
        run(lab_steps[i]);
        lab_steps[i].free_bytes = frames::free_bytes();
    }
    load_root(kernel_space::root());
}
}
