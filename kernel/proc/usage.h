// SPDX-License-Identifier: MIT
/// @file
/// @brief Sums of what a process has used.
/// @chapter processes
#pragma once

#include "proc/process.h"

/// Of all its threads, ended ones included, without its children.
ResourceUse use_of_process(Process& process);
/// Of one thread.
ResourceUse use_of_task(const Task& task);
