// SPDX-License-Identifier: MIT
/// @file
/// @brief The kernel thread that makes small pages large.
/// @chapter large-pages
#include "proc/large_pages_thread.h"

#include "proc/process_tree.h"

namespace {

/// Memory that was fragmented when it was touched, or copied page by page, has waited already: a second more is nothing, and
/// a look at all processes' tables once a second costs next to nothing.
constexpr u64 kPauseNs = 1'000'000'000;

/// The lock of an address space is held for one page at a time, so that its process's faults wait for one copy at most.
void enlarge_pages_of(AddressSpace& space) {
    for (VirtAddr at; at < kUserEnd;) {
        at = space.enlarge_next(at);
        if (sched::should_yield()) sched::yield();
    }
}

void enlarge_pages(void*) {
    for (;;) {
        sched::sleep_until(Clock::now().after(kPauseNs));
        for (u32 pid = processes::id_after(0); pid; pid = processes::id_after(pid)) {
            if (const Ref<AddressSpace> space = processes::space_of(pid)) enlarge_pages_of(*space);
        }
    }
}

}  // namespace

void start_large_pages_thread() {
    if (largest_page() == PageSize::Size4K) return;
    auto thread = make_owned<Thread>();
    CHECK(thread.ok() && thread.value()->prepare("large pages", enlarge_pages, nullptr).ok());
    thread.value().release()->start();
}
