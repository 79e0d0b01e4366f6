// SPDX-License-Identifier: MIT
/// @file
/// @brief What the grader adds to the kernel of lab 1: an allocator of its own, and a list of things to do with it.
/// @chapter testing
///
/// It is laid over the tree that is graded, so a student's own copy of it means nothing. The grader stops the machine before
/// anything was allocated, writes the list, calls `lab_run`, and reads the records and the results out of memory.
#include "lab/bench.h"

#include <bit>

#include "mm/buddy.h"

extern "C" {
constinit lab::Step lab_steps[lab::kSteps];
constinit u64 lab_step_count = 0;
constinit FrameRecord lab_records[lab::kFrames];
constinit BuddyAllocator lab_allocator;

/// Forgets everything: as many frames as the grader says, all of them in use. `beyond` fills the records behind them, which no
/// allocator should look at: 0 with zeros, 1 with free blocks that are the buddies of the last ones.
void lab_reset(u64 frames, u64 beyond) {
    for (u64 frame = 0; frame < lab::kFrames; ++frame) {
        const bool trap = beyond && frame >= frames;
        FrameRecord& record = lab_records[frame];
        record.next = record.prev = 0;
        record.order = trap ? static_cast<u8>(std::countr_zero(frame)) : 0;
        record.is_free = trap;
    }
    lab_allocator.init({lab_records, frames});
}

void lab_run() {
    for (u64 i = 0; i < lab_step_count; ++i) {
        lab::Step& step = lab_steps[i];
        switch (step.deed) {
        case lab::Deed::Release: lab_allocator.release(step.frame, step.end); break;
        case lab::Deed::Free: lab_allocator.free(step.frame, step.order); break;
        case lab::Deed::Has: step.result = lab_allocator.has(step.order); break;
        case lab::Deed::Allocate: step.result = lab_allocator.allocate(step.order).value_or(lab::kNothing); break;
        }
        step.free_frames = lab_allocator.free_frames();
    }
}
}
