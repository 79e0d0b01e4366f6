// SPDX-License-Identifier: MIT
/// @file
/// @brief futex(2): the operations of its second argument.
/// @chapter processes
#include "syscall/futex_calls.h"

#include <linux/futex.h>

#include "fs/file.h"
#include "proc/futex.h"
#include "proc/task.h"
#include "syscall/time_convert.h"

namespace {

enum class Reckoning : u8 { Relative, Absolute };

/// The moment that a timeout argument means; a null pointer means never.
Result<Instant> deadline_of(const SyscallArgs& args, Reckoning reckoning) {
    if (!args.a[3]) return kNever;
    const UserTimespec timeout = TRY(args.pointer<UserTimespec>(3).read());
    const u64 ns = TRY(ns_from_timespec(timeout));
    if (reckoning == Reckoning::Relative) return current_task().call_deadline(ns);
    if (!(args.a[1] & FUTEX_CLOCK_REALTIME)) return Instant{ns};
    const u64 boot = Clock::boot_time_of_day_ns();
    return Instant{ns > boot ? ns - boot : 0};
}

Result<u64> wait(const SyscallArgs& args, FutexScope scope, u32 bits, Reckoning reckoning) {
    const Instant deadline = TRY(deadline_of(args, reckoning));
    const auto result = futex_wait(VirtAddr(args.a[0]), scope, static_cast<u32>(args.a[2]), bits, deadline);
    if (result.ok()) return u64{0};
    // An interrupted wait begins again after the handler where its time is not counted from its beginning.
    if (result.error().code == EINTR && (deadline == kNever || reckoning == Reckoning::Absolute))
        return Error{kRestartSyscall};
    return result.error();
}

}  // namespace

Result<u64> sys_futex(const SyscallArgs& args) {
    const VirtAddr word(args.a[0]), second(args.a[4]);
    const u32 value = static_cast<u32>(args.a[2]), bits = static_cast<u32>(args.a[5]);
    // WAKE_OP and the requeues have a count where the waits have a timeout.
    const u32 second_count = static_cast<u32>(args.a[3]);
    const FutexScope scope = args.a[1] & FUTEX_PRIVATE_FLAG ? FutexScope::Private : FutexScope::Shared;
    switch (static_cast<int>(args.a[1]) & FUTEX_CMD_MASK) {
    case FUTEX_WAIT: return wait(args, scope, kFutexAnyBit, Reckoning::Relative);
    case FUTEX_WAIT_BITSET: return wait(args, scope, bits, Reckoning::Absolute);
    case FUTEX_WAKE: return futex_wake(word, scope, value, kFutexAnyBit);
    case FUTEX_WAKE_BITSET: return futex_wake(word, scope, value, bits);
    case FUTEX_REQUEUE: return futex_requeue(word, second, scope, value, second_count);
    case FUTEX_CMP_REQUEUE:
        if (TRY(UserPtr<u32>(word).read()) != bits) return Error{EAGAIN};
        return futex_requeue(word, second, scope, value, second_count);
    case FUTEX_WAKE_OP: return futex_wake_operation(word, second, scope, value, second_count, bits);
    default: return Error{ENOSYS};
    }
}
