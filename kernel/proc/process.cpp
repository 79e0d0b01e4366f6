// SPDX-License-Identifier: MIT
/// @file
/// @brief The life of Process objects, and the process of the running thread.
/// @chapter processes
#include "proc/process.h"

#include "fs/file_table.h"
#include "fs/fs_context.h"
#include "proc/task.h"

Process::Process(u32 number, Ref<ProcessGroup> in_group)
    : pid(number), group(std::move(in_group)), started(Clock::now()) {}

Process::~Process() { CHECK(!all_link.is_linked(), pid); }

Process& current_process() { return *current_task().process; }

FileTable& current_files() { return *current_process().files; }
FsContext& current_fs() { return *current_process().fs; }
