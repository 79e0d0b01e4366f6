// SPDX-License-Identifier: MIT
/// @file
/// @brief How threads and processes end.
/// @chapter processes
#pragma once

#include "lib/types.h"

class Task;

/// A status in the form that wait4 reports.
constexpr int wait_status_of_exit(int code) { return (code & 0xff) << 8; }
constexpr int wait_status_of_signal(int signal) { return signal; }
constexpr int wait_status_of_stop(int signal) { return signal << 8 | 0x7f; }
inline constexpr int kWaitStatusContinued = 0xffff;

/// Ends the current thread; the last one of a process ends it with `wait_status`, or with what a group exit decided before.
[[noreturn]] void end_current_task(int wait_status);
/// Tells every thread of the current process to end, then ends this one.
[[noreturn]] void end_current_process(int wait_status);
/// Ends every thread but the current one, and waits until they are gone. False: the process is ending, so the caller must too.
bool end_other_threads();
/// What a thread owes when it ends or leaves its program: robust locks that it holds, and the word that pthread_join waits for.
void settle_futexes(Task& task);
