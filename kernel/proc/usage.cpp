// SPDX-License-Identifier: MIT
/// @file
/// @brief Adding up processor time and faults.
/// @chapter processes
#include "proc/usage.h"

#include "proc/process_tree.h"

ResourceUse use_of_task(const Task& task) {
    return {.user_ns = task.run_time_ns(), .system_ns = 0, .faults = task.faults};
}

ResourceUse use_of_process(Process& process) {
    TreeGuard tree;
    ResourceUse use = process.ended_threads_use;
    auto signals = process.signals.lock();
    for (TaskSignals& member : signals->threads) use.add(use_of_task(*member.task));
    return use;
}
