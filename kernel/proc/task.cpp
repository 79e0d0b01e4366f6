// SPDX-License-Identifier: MIT
/// @file
/// @brief The life of Task objects, and the running one.
/// @chapter processes
#include "proc/task.h"

#include <algorithm>

#include "mm/kernel_space.h"
#include "mm/shootdown.h"
#include "mm/user_memory.h"
#include "x86/instructions.h"
#include "x86/traps.h"

/// The first function of every task, on its own kernel stack and in its own memory.
void Task::go_to_ring3(void* argument) {
    Task& task = *static_cast<Task*>(argument);
    // A bad address is the maker's mistake and no reason to fail, as in Linux.
    if (task.set_child_tid) (void)UserPtr<u32>(task.set_child_tid).write(task.tid).ok();
    task.user_frame() = task.first_frame;
    enter_ring3(task.user_frame());
}

Result<Owned<Task>> Task::create(Ref<Process> process, u32 number, Entry entry) {
    Owned<Task> task(new (std::nothrow) Task(std::move(process), number));
    if (!task) return Error{ENOMEM};
    TRY(task->prepare(task->comm, entry, task.get()));
    return task;
}

Task::~Task() { CHECK(!signals.link.is_linked(), tid); }

void Task::set_comm(std::string_view text) {
    const usize length = std::min(text.size(), sizeof(comm) - 1);
    memset(comm, 0, sizeof(comm));
    memcpy(comm, text.data(), length);
}

Instant Task::call_deadline(u64 ns) {
    if (!std::exchange(deadline_kept_, false)) deadline_ = Clock::now().after(ns);
    return deadline_;
}

void Task::adopt_space(Ref<AddressSpace> new_space) {
    // Between the two assignments a switch of threads would load the one and account for the other.
    Ref<AddressSpace> old;
    {
        IrqOff irq_off;
        old = std::move(space);
        space = std::move(new_space);
        load_root(space->tables().host_root());
    }
}

void Task::leave_space() {
    // The old memory is freed with interrupts on again, and no longer loaded.
    Ref<AddressSpace> old;
    {
        IrqOff irq_off;
        old = std::move(space);
        load_root(kernel_space::root());
    }
}

Task& current_task() {
    Thread& thread = current_thread();
    CHECK(thread.space, &thread);
    return static_cast<Task&>(thread);
}
