// SPDX-License-Identifier: MIT
/// @file
/// @brief What the grader adds to the kernel of lab 6: a process's memory without a process, and a list of faults in it.
/// @chapter testing
///
/// It is laid over the tree that is graded, so a student's own copy of it means nothing. The grader stops the machine before
/// the first process, writes the list, and calls `lab_run`.
#include "lab/bench.h"

#include "mm/address_space.h"
#include "trace/trace.h"

extern "C" {
constinit fault_lab::Step lab_steps[fault_lab::kSteps];
constinit u64 lab_step_count = 0;
}

namespace {

using namespace fault_lab;

/// Pages of which the grader knows the first words.
class Source final : public PageSource {
   public:
    Source() {
        for (u64 i = 0; i < kSourcePages; ++i) {
            auto frame = FrameRef::allocate(Fill::Zero);
            CHECK(frame.ok());
            *reinterpret_cast<u64*>(frame.value().data()) = kSourceWord + i;
            pages_[i] = std::move(frame.value());
        }
    }
    Result<FrameRef> page(u64 index) override {
        if (index >= kSourcePages) return Error{ENXIO};
        return FrameRef(pages_[index]);
    }
    void describe(Sink& sink) const override { put(sink, "[lab]"); }

   private:
    FrameRef pages_[kSourcePages];
};

constinit AddressSpace* spaces[2];
constinit Source* source = nullptr;  ///< of all regions that have one

/// What is free holds something: a page that was not zeroed shows.
void soil_memory() {
    for (const unsigned order : {order_of(PageSize::Size2M), order_of(PageSize::Size4K)}) {
        PhysAddr blocks[32];
        for (PhysAddr& block : blocks) {
            const auto allocated = frames::allocate(order, Fill::Nothing);
            CHECK(allocated.ok());
            block = allocated.value();
            *static_cast<u64*>(frames::virt_from_phys(block)) = 0xdead'beef;
        }
        for (const PhysAddr block : blocks) frames::free(block, order);
    }
}

void keep(u32 number, Ref<AddressSpace> space) {
    space->take_reference();
    spaces[number] = space.get();
}

u64* page_at(const AddressSpace& space, VirtAddr address) {
    const WalkResult found = space.tables().walk(address);
    if (!found.mapped()) return nullptr;
    const u64 offset = address.raw & (bytes_of(static_cast<PageSize>(found.level)) - 1);
    return static_cast<u64*>(frames::virt_from_phys(found.entry.host.frame() + offset));
}

void look(Step& step, AddressSpace& space) {
    const VirtAddr page = VirtAddr(step.address).page();
    const WalkResult found = space.tables().walk(page);
    step.level = found.level;
    step.host = found.entry.host.raw();
    step.nested = found.entry.nested.raw();
    const u64* word = page_at(space, page);
    step.word = word ? *word : 0;
}

void map_region(const Step& step, AddressSpace& space) {
    AddressSpace::Mapping mapping{
        .address = VirtAddr(step.address),
        .bytes = step.bytes,
        .placement = AddressSpace::Placement::Fixed,
        .protection = {(step.protection & 1) != 0, (step.protection & 2) != 0, (step.protection & 4) != 0}};
    if (step.shows != Shows::Zeroes) mapping.source = Ref<PageSource>(source);
    if (step.shows == Shows::SharedSource) mapping.sharing = Sharing::Shared;
    CHECK(space.map(mapping).ok(), step.address);
}

void fault(Step& step, AddressSpace& space) {
    const u64 first = twain_debug.trace_next;
    step.resolution = static_cast<u32>(
        space.resolve({VirtAddr(step.address), static_cast<Access>(step.access), static_cast<Ring>(step.ring)}));
    step.records = twain_debug.trace_next - first;
    if (step.records != 0) {
        const auto* ring = static_cast<const abi::TraceRecord*>(frames::virt_from_phys(PhysAddr(twain_debug.trace)));
        const abi::TraceRecord& last = ring[(twain_debug.trace_next - 2) % twain_debug.trace_records];
        step.traced_address = last.address;
        step.traced_cause = static_cast<u32>(last.cause);
        step.traced_access = last.access;
        step.traced_resolution = last.resolution;
        step.traced_level = last.level_after;
        step.host_before = last.host_before;
        step.host_after = last.host_after;
        step.nested_after = last.nested_after;
    }
    look(step, space);
}

void run(Step& step) {
    AddressSpace& space = *spaces[step.space];
    switch (step.deed) {
    case Deed::Region: map_region(step, space); break;
    case Deed::Fault: fault(step, space); break;
    case Deed::Look: look(step, space); break;
    case Deed::Write:
        if (u64* word = page_at(space, VirtAddr(step.address))) *word = step.word;
        break;
    case Deed::Fork: {
        auto child = space.fork();
        CHECK(child.ok());
        keep(1, child.value());
        break;
    }
    }
}

}  // namespace

extern "C" {
/// Begins with empty memory; what was there before is left where it is.
void lab_reset(u64 format) {
    set_nested_format(static_cast<NestedFormat>(format));
    soil_memory();
    auto pages = make_ref<Source>();
    CHECK(pages.ok());
    pages.value()->take_reference();
    source = pages.value().get();
    auto made = AddressSpace::create();
    CHECK(made.ok());
    keep(0, made.value());
}

void lab_run() {
    for (u64 i = 0; i < lab_step_count; ++i) run(lab_steps[i]);
}
}
