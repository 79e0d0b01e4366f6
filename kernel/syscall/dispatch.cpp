// SPDX-License-Identifier: MIT
/// @file
/// @brief The one place where a system call's error becomes a negative number, and the count of unknown calls.
/// @chapter linux-interface
#include <array>

#include "fs/file.h"
#include "fs/procfs.h"
#include "proc/signal_send.h"
#include "syscall/syscall.h"
#include "syscall/system_calls.h"
#include "syscall/table.h"

namespace {

/// How often each number was asked for that nothing answers; numbers above the array count together in its last word.
constinit std::array<std::atomic<u32>, 1100> unknown_calls;

Result<u64> unknown(u64 number) {
    unknown_calls[number < unknown_calls.size() ? number : unknown_calls.size() - 1].fetch_add(
        1, std::memory_order_relaxed);
    return Error{ENOSYS};
}

Result<void> print_unknown(Sink& sink) {
    for (usize number = 0; number < unknown_calls.size(); ++number) {
        const u32 count = unknown_calls[number].load(std::memory_order_relaxed);
        if (count) print(sink, number, ' ', count, '\n');
    }
    return {};
}

/// What an interrupted call becomes is decided on the way back to ring 3: until then it has failed with EINTR.
u64 interrupted(Task& task, int code) {
    switch (code) {
    case kRestartSyscall: task.restart = Restart::Automatic; break;
    case kRestartAlways: task.restart = Restart::Always; break;
    default: task.restart = Restart::Unhandled; break;
    }
    return static_cast<u64>(-EINTR);
}

/// A call that ended by itself ends its temporary signal mask at once; an interrupted one keeps it for the handler.
void end_temporary_mask(Task& task) {
    task.signals.has_saved_mask = false;
    set_signal_mask(task, task.signals.saved_mask);
}

}  // namespace

extern "C" void syscall_dispatch(TrapFrame& frame) {
    Task& task = current_task();
    const SyscallArgs args{{frame.rdi, frame.rsi, frame.rdx, frame.r10, frame.r8, frame.r9}, frame};
    const Syscall call = find_syscall(frame.error);
    const Result<u64> result = call ? call(args) : unknown(frame.error);
    const int code = result.error().code;
    const bool was_interrupted = code == EINTR || code == kRestartSyscall || code == kRestartAlways;
    if (was_interrupted) {
        frame.rax = interrupted(task, code);
    } else {
        frame.rax = code == 0 ? result.value() : static_cast<u64>(-static_cast<i64>(code));
        if (task.signals.has_saved_mask) end_temporary_mask(task);
        task.forget_call_deadline();
    }
}

void add_syscall_files() {
    static constexpr ProcFile kFiles[] = {{.name = "twain/unknown_syscalls", .print = print_unknown}};
    procfs::add_files(kFiles);
}
