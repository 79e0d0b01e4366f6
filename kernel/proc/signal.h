// SPDX-License-Identifier: MIT
/// @file
/// @brief Sending signals: to a thread, a process, a group; and what a process does with each.
/// @chapter signals
#pragma once

#include "lib/list.h"
#include "lib/result.h"
#include "proc/signal_info.h"
#include "x86/trap_frame.h"

class Process;
class ProcessGroup;
class Task;

/// What a program asked for with rt_sigaction, in the kernel's own layout of the argument.
struct SignalAction {
    static constexpr u64 kDefault = 0, kIgnore = 1;  ///< special values of `handler`
    static constexpr u64 kNoChildStop = 1, kNoChildWait = 2, kSigInfo = 4, kRestorer = 0x0400'0000;
    static constexpr u64 kOnStack = 0x0800'0000, kRestart = 0x1000'0000, kNoDefer = 0x4000'0000,
                         kResetHand = 0x8000'0000;

    u64 handler = kDefault;
    u64 flags = 0;
    u64 restorer = 0;
    SignalSet mask;
};
static_assert(sizeof(SignalAction) == 32);

/// What a signal does when no handler is set.
enum class DefaultAction : u8 { Terminate, Dump, Ignore, Stop, Continue };
DefaultAction default_action(int signal);

/// Signals that wait for a thread or for a process. Guarded by the process's signal lock.
class PendingSignals {
   public:
    PendingSignals() = default;
    ~PendingSignals();
    /// Adds one. A second instance of a signal below kFirstRealTime is dropped. EAGAIN: no memory for a queued one.
    Result<void> add(const SignalInfo& info);
    /// Takes the first of `wanted` out: synchronous faults first, then the lowest number. The set must hold one.
    SignalInfo take(SignalSet wanted);
    /// Forgets every instance of `signals`.
    void discard(SignalSet signals);
    SignalSet set() const { return set_; }

   private:
    struct Queued {
        ListNode link;
        SignalInfo info;
    };
    SignalSet set_;
    List<Queued, &Queued::link> queue_;  ///< in the order of arrival
    usize length_ = 0;
};

/// All of these may be called in any context that may take a spinning lock of a rank below ProcessTree.

/// Sends to the current thread: SIGPIPE, SIGTTIN, a fault.
void signal_current(int signal);
void signal_current(const SignalInfo& info);
/// Sends a fault's signal to the current thread. It cannot be held back: where it is blocked or ignored, its default action
/// is taken.
void force_signal(const SignalInfo& info);
/// Sends to a process: any one of its threads that does not block it.
Result<void> signal_process(Process& process, const SignalInfo& info);
/// Sends to one thread.
Result<void> signal_task(Task& task, const SignalInfo& info);
/// Sends to every process of the group with this number. ESRCH: no such group.
Result<void> signal_group(u32 group, const SignalInfo& info);
/// Whether the current thread blocks or ignores `signal`: a terminal does not stop such a background reader.
bool current_ignores(int signal);
/// Whether a signal waits for the current thread that its mask lets through.
bool current_has_signal();

/// Sets a thread's mask, without SIGKILL and SIGSTOP; answers the old one. Only for the current thread.
SignalSet set_signal_mask(Task& task, SignalSet mask);

/// Exchanges the current thread's signal mask until the system call has returned and a handler, if any, is set up:
/// what pselect6, ppoll and rt_sigsuspend are made of. `size` must be 8 (EINVAL); a null pointer does nothing. EFAULT.
Result<void> set_temporary_mask(u64 user_pointer, u64 size);
