// SPDX-License-Identifier: MIT
/// @file
/// @brief What happens to a thread's signals on its way back to ring 3.
/// @chapter signals
#include "lib/log.h"
#include "proc/exit.h"
#include "proc/faults.h"
#include "proc/signal_frame.h"
#include "proc/signal_send.h"
#include "x86/instructions.h"

namespace {

constexpr u64 kSyscallBytes = 2;  // of the SYSCALL instruction, to which a call that is executed again goes back

/// What the last system call becomes, now that it is known whether a handler runs and with which flags.
void settle_restart(Task& task, TrapFrame& frame, const SignalAction* handler) {
    const Restart how = std::exchange(task.restart, Restart::Never);
    const bool again = how == Restart::Always || (how != Restart::Never && !handler) ||
                       (how == Restart::Automatic && (handler->flags & SignalAction::kRestart));
    if (!again) return;
    frame.rip -= kSyscallBytes;
    frame.rax = frame.error;
    if (!handler) task.keep_call_deadline();
}

/// Counts the thread as stopped; the last one of the process to get here tells the parent.
void count_stopped(Task& task) {
    Process& process = *task.process;
    TreeGuard tree;
    int stopped_by = 0;
    {
        auto signals = process.signals.lock();
        if (++signals->stopped_count == signals->thread_count && signals->stopped) stopped_by = signals->stop_signal;
    }
    if (stopped_by) report_stopped(tree, process, stopped_by);
}

/// Waits for SIGCONT or the end.
void wait_while_stopped(Task& task) {
    Process& process = *task.process;
    count_stopped(task);
    auto signals = process.signals.lock();
    while (signals->stopped && !signals->exiting) process.resumed.wait(signals.guard(), Sleep::Uninterruptible);
    --signals->stopped_count;
    update_interrupted(*signals, task.signals);
}

/// Stops the whole process, unless a SIGCONT came since the signal was taken, or nobody could ever continue it.
void stop_process(Task& task, int signal, u64 continues_before) {
    Process& process = *task.process;
    TreeGuard tree;
    if (signal != kSigStop && is_orphaned(tree, *process.group)) return;
    auto signals = process.signals.lock();
    if (signals->continues != continues_before || signals->exiting || signals->survivor) return;
    signals->stopped = true;
    signals->stop_signal = signal;
    for (TaskSignals& member : signals->threads) update_interrupted(*signals, member);
}

struct Delivery {
    enum class What : u8 { Nothing, End, Stop, Signal } what;
    SignalInfo info = {};
    SignalAction action = {};
    SignalSet mask = {};  ///< what the frame keeps and the handler's return brings back
    u64 continues = 0;
};

/// Takes the next signal that this thread lets through; for a handler, changes the mask as its action says.
Delivery next_delivery(Task& task) {
    auto signals = task.process->signals.lock();
    TaskSignals& own = task.signals;
    if (signals->exiting || (signals->survivor && signals->survivor != &task)) return {Delivery::What::End};
    if (signals->stopped) return {Delivery::What::Stop};
    PendingSignals& queue = own.pending.set().without(own.mask).empty() ? signals->pending : own.pending;
    const SignalSet ready = queue.set().without(own.mask);
    if (ready.empty()) {
        update_interrupted(*signals, own);
        return {Delivery::What::Nothing};
    }
    Delivery next{Delivery::What::Signal};
    next.info = queue.take(ready);
    SignalAction& action = signals->action(next.info.number);
    next.action = action;
    next.continues = signals->continues;
    next.mask = own.has_saved_mask ? own.saved_mask : own.mask;
    return next;
}

/// The signal has no handler: true when it is done with.
void take_default_action(Task& task, const Delivery& delivery) {
    const int signal = delivery.info.number;
    switch (default_action(signal)) {
    case DefaultAction::Ignore:
    case DefaultAction::Continue: return;
    case DefaultAction::Stop: stop_process(task, signal, delivery.continues); return;
    case DefaultAction::Terminate:
    case DefaultAction::Dump: break;
    }
    // Process 1 dies of its own faults only.
    if (task.process->pid == 1 && delivery.info.form != SignalInfo::Form::Fault) return;
    end_current_process(wait_status_of_signal(signal));
}

/// Lets the program go on in its handler.
void enter_handler(Task& task, TrapFrame& frame, const Delivery& delivery) {
    settle_restart(task, frame, &delivery.action);
    const bool pushed = push_signal_frame(task, frame, delivery.info, delivery.action, delivery.mask).ok();
    auto signals = task.process->signals.lock();
    TaskSignals& own = task.signals;
    const int signal = delivery.info.number;
    SignalAction& action = signals->action(signal);
    own.has_saved_mask = false;
    if (!pushed) {
        // There is no stack for a handler, so there is none for SIGSEGV's either.
        log("process ", task.process->pid, ": no stack for the handler of signal ", signal);
        signals->action(kSigSegv) = {};
        begin_group_exit(*task.process, *signals, wait_status_of_signal(kSigSegv));
        return;
    }
    if (delivery.action.flags & SignalAction::kResetHand) action.handler = SignalAction::kDefault;
    SignalSet blocked = own.mask | delivery.action.mask;
    if (!(delivery.action.flags & SignalAction::kNoDefer)) blocked.add(signal);
    own.mask = blocked.without(SignalSet::unblockable());
    update_interrupted(*signals, own);
}

bool is_canonical(u64 address) { return static_cast<u64>(static_cast<i64>(address << 16) >> 16) == address; }

/// No handler runs: a temporary mask ends with its system call.
void restore_saved_mask(Task& task) {
    auto signals = task.process->signals.lock();
    TaskSignals& own = task.signals;
    if (!std::exchange(own.has_saved_mask, false)) return;
    own.mask = own.saved_mask;
    update_interrupted(*signals, own);
}

}  // namespace

void deliver_signals(Task& task, TrapFrame& frame) {
    for (;;) {
        const Delivery next = next_delivery(task);
        switch (next.what) {
        case Delivery::What::End: end_current_task(0);
        case Delivery::What::Stop: wait_while_stopped(task); continue;
        case Delivery::What::Signal:
            if (next.action.handler == SignalAction::kIgnore) continue;
            if (next.action.handler == SignalAction::kDefault) {
                take_default_action(task, next);
            } else {
                enter_handler(task, frame, next);
            }
            continue;
        case Delivery::What::Nothing: break;
        }
        settle_restart(task, frame, nullptr);
        if (!task.signals.has_saved_mask) return;
        restore_saved_mask(task);
    }
}

extern "C" void return_to_user(TrapFrame& frame) {
    Task& task = current_task();
    // Interrupts are off here and stay off from the last look on: what comes later interrupts ring 3 and is seen then.
    for (;;) {
        if (sched::should_yield()) sched::yield();
        // IRETQ to an address that is none faults in ring 0, but with the program's GS: the program gets its signal here.
        if (!is_canonical(frame.rip)) force_signal(SignalInfo::fault(kSigSegv, signal_code::kKernel, VirtAddr(0)));
        if (!task.is_interrupted() && task.restart == Restart::Never && !task.signals.has_saved_mask) return;
        x86::sti();
        deliver_signals(task, frame);
        x86::cli();
    }
}
