// SPDX-License-Identifier: MIT
/// @file
/// @brief What a process and each of its threads remember of signals, under one lock.
/// @chapter signals
#pragma once

#include <array>

#include "proc/signal.h"
#include "sync/wait_queue.h"

/// The stack that a handler with SA_ONSTACK runs on; Linux's stack_t.
struct SignalStack {
    static constexpr u32 kOnStack = 1, kDisabled = 2;
    u64 base = 0;
    u32 flags = kDisabled;
    u32 padding = 0;
    u64 bytes = 0;
    bool enabled() const { return bytes != 0; }
    bool holds(u64 stack_pointer) const { return enabled() && stack_pointer - base <= bytes && stack_pointer != base; }
};
static_assert(sizeof(SignalStack) == 24);

/// One thread's share. Guarded by its process's signal lock, except `stack`, which is the thread's own.
struct TaskSignals {
    ListNode link;
    Task* task = nullptr;
    SignalSet mask;
    SignalSet saved_mask;  ///< what `mask` goes back to after a call with a temporary one
    bool has_saved_mask = false;
    PendingSignals pending;
    SignalSet waited_for;  ///< rt_sigtimedwait sleeps for these
    SignalStack stack;
};

/// What the threads of a process share.
struct ProcessSignals {
    std::array<SignalAction, kSignals> actions;  ///< of signal n at n-1
    PendingSignals pending;                      ///< sent to the process, not to one of its threads
    List<TaskSignals, &TaskSignals::link> threads;
    u32 thread_count = 0;
    bool exiting = false;      ///< every thread is to end
    int exit_status = 0;       ///< in wait's form; valid once `exiting`
    Task* survivor = nullptr;  ///< the thread that replaces the program; every other one is to end
    bool stopped = false;      ///< every thread is to wait for SIGCONT
    int stop_signal = 0;
    u32 stopped_count = 0;  ///< threads that do
    u64 continues = 0;      ///< SIGCONTs so far: a stop that was decided before one is void

    SignalAction& action(int signal) { return actions[static_cast<usize>(signal - 1)]; }
    /// Whether `signal` would do nothing at all to the process.
    bool is_ignored(int signal) {
        const SignalAction& what = action(signal);
        return what.handler == SignalAction::kIgnore ||
               (what.handler == SignalAction::kDefault && default_action(signal) == DefaultAction::Ignore);
    }
};
