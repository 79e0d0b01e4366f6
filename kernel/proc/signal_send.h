// SPDX-License-Identifier: MIT
/// @file
/// @brief The inner side of sending signals: for those who hold the locks already.
/// @chapter signals
#pragma once

#include "proc/process_tree.h"
#include "proc/signal.h"

/// The unit of times() and /proc/<pid>/stat: 1/100 s.
inline constexpr u64 kNsPerTick = 10'000'000;

/// Sends to a process, or to one thread of it. A zombie takes every signal and does nothing. EAGAIN: no memory.
Result<void> send_signal(const TreeGuard& tree, Process& process, Task* target, const SignalInfo& info);

/// Tells the parent that a child ended, stopped or went on: its signal and its wait.
void notify_parent(const TreeGuard& tree, Process& child, int code, int status);
/// Notes that every thread of a process has stopped, and tells its parent.
void report_stopped(const TreeGuard& tree, Process& process, int signal);
/// Notes that a stopped process goes on, and tells its parent.
void report_continued(const TreeGuard& tree, Process& process);

/// Sets the thread's flag that ends its interruptible sleeps, by what waits for it. The signal lock is held.
void update_interrupted(ProcessSignals& signals, TaskSignals& member);

/// Decides how the whole process ends and tells each thread to, stopped or not. The signal lock is held.
void begin_group_exit(Process& process, ProcessSignals& signals, int wait_status);

/// Whether nobody outside the group, but in its session, could continue its members once they are stopped.
bool is_orphaned(const TreeGuard& tree, const ProcessGroup& group);

/// Before a return to ring 3: ends or stops the thread where it must, and lets `frame` go on in a handler.
void deliver_signals(Task& task, TrapFrame& frame);
