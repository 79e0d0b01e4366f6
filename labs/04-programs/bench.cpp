// SPDX-License-Identifier: MIT
/// @file
/// @brief What the grader adds to the kernel of lab 4: a small memory of its own, and a list of calls.
/// @chapter testing
///
/// It is laid over the tree that is graded, so a student's own copy of it means nothing. The grader stops the machine before
/// the first process, writes the list, calls `lab_run`, and reads the answers and the frames out of memory.
#include "lab/bench.h"

#include <algorithm>

#include "mm/address_space.h"
#include "mm/kernel_space.h"
#include "mm/shootdown.h"
#include "mm/user_memory.h"
#include "proc/elf.h"

using program_lab::Deed;
using program_lab::Plan;
using program_lab::Step;

extern "C" {
constinit Step lab_steps[program_lab::kSteps];
constinit u64 lab_step_count = 0;
constinit std::byte lab_bytes[program_lab::kBytes];
constinit Plan lab_plan;
constinit u64 lab_root = 0;
constinit u64 lab_guard[8];  ///< the kernel's own, which no copy may touch
}

namespace {

constinit AddressSpace* space = nullptr;

void map(u64 address, u64 pages, Access access) {
    const auto mapped = space->map({.address = VirtAddr(address),
                                    .bytes = pages * kPageBytes,
                                    .placement = AddressSpace::Placement::Fixed,
                                    .protection = {.read = true, .write = access == Access::Write, .execute = false}});
    CHECK(mapped.ok());
    for (u64 i = 0; i < pages; ++i)
        (void)space->resolve({.address = mapped.value() + i * kPageBytes, .access = access, .ring = Ring::Ring3});
}

u64 error_of(const Result<void>& result) { return result.ok() ? 0 : static_cast<u64>(result.error().code); }

u64 parse_header(u64 bytes) {
    const auto header = parse_elf_header({lab_bytes, bytes});
    if (!header.ok()) return static_cast<u64>(header.error().code);
    lab_plan.entry = header.value().entry;
    lab_plan.headers_offset = header.value().headers_offset;
    lab_plan.header_count = header.value().header_count;
    lab_plan.is_position_independent = header.value().is_position_independent;
    return 0;
}

u64 parse_image(u64 bytes) {
    // The grader says what stands in the file's header, so that the plan can be right before that is.
    const ElfHeader header{lab_plan.is_position_independent != 0, lab_plan.entry, lab_plan.headers_offset,
                           static_cast<u16>(lab_plan.header_count)};
    const auto parsed = parse_elf_image(header, {lab_bytes, bytes});
    if (!parsed.ok()) return static_cast<u64>(parsed.error().code);
    const ElfImage& image = *parsed.value();
    lab_plan.segment_count = image.segment_count;
    lab_plan.lowest = image.lowest;
    lab_plan.highest = image.highest;
    lab_plan.alignment = image.alignment;
    lab_plan.headers_address = image.headers_address;
    lab_plan.interpreter_offset = image.interpreter_offset;
    lab_plan.interpreter_bytes = image.interpreter_bytes;
    lab_plan.executable_stack = image.executable_stack;
    for (usize i = 0; i < std::min<usize>(image.segment_count, kElfMaxSegments); ++i) {
        const ElfSegment& s = image.segment_list[i];
        lab_plan.segments[i] = {s.address, s.file_offset, s.file_bytes, s.memory_bytes,
                                u64{s.read} | u64{s.write} << 1 | u64{s.execute} << 2};
    }
    return 0;
}

u64 copy_text(Step& step) {
    const auto text = string_from_user(VirtAddr(step.address), step.bytes);
    if (!text.ok()) return static_cast<u64>(text.error().code);
    const std::string_view view = text.value().view();
    step.bytes = view.size();
    memcpy(lab_bytes, view.data(), std::min<usize>(view.size(), sizeof lab_bytes));
    return 0;
}

void run(Step& step) {
    const VirtAddr address(step.address);
    switch (step.deed) {
    case Deed::Header: step.error = parse_header(step.bytes); break;
    case Deed::Image: step.error = parse_image(step.bytes); break;
    case Deed::CopyOut: step.error = error_of(copy_to_user(address, lab_bytes, step.bytes)); break;
    case Deed::CopyIn: step.error = error_of(copy_from_user(lab_bytes, address, step.bytes)); break;
    case Deed::Text: step.error = copy_text(step); break;
    }
}

}  // namespace

extern "C" {
void lab_reset() {
    auto made = AddressSpace::create();
    CHECK(made.ok());
    made.value()->take_reference();
    space = made.value().get();
    lab_root = space->tables().host_root().raw;
    map(program_lab::kData, 2, Access::Write);
    map(program_lab::kReadOnly, 1, Access::Read);
}

void lab_run() {
    load_root(PhysAddr(lab_root));
    for (u64 i = 0; i < lab_step_count; ++i) run(lab_steps[i]);
    load_root(kernel_space::root());
}
}
