// SPDX-License-Identifier: MIT
/// @file
/// @brief System calls: clocks and sleeping.
/// @chapter linux-interface
#include "syscall/time_calls.h"

#include "fs/inode.h"
#include "proc/process_tree.h"
#include "proc/usage.h"
#include "syscall/time_convert.h"

namespace {

/// Linux's numbers of clocks. (Its header would collide with the C library's.)
enum ClockId : u64 {
    kRealTime = 0,
    kMonotonic = 1,
    kProcessTime = 2,
    kThreadTime = 3,
    kMonotonicRaw = 4,
    kRealTimeCoarse = 5,
    kMonotonicCoarse = 6,
    kBootTime = 7,
    kInternationalAtomicTime = 11,
};
constexpr u64 kAbsolute = 1;  // a flag of clock_nanosleep

// Ticks of the TSC are nanoseconds or finer; that is what the clocks resolve.
constexpr u64 kResolutionNs = 1, kCoarseResolutionNs = 4'000'000;

Result<u64> clock_ns(u64 id) {
    switch (id) {
    case kRealTime:
    case kRealTimeCoarse:
    case kInternationalAtomicTime: return time_of_day_ns();
    case kMonotonic:
    case kMonotonicRaw:
    case kMonotonicCoarse:
    case kBootTime: return Clock::now().ns;
    case kProcessTime: return use_of_process(current_process()).user_ns;
    case kThreadTime: return current_thread().run_time_ns();
    default: break;
    }
    // A negative number names another process's or thread's clock: ~pid in the upper bits, 2 for the kind in the lower three.
    const i32 number = static_cast<i32>(id);
    if (number >= 0) return Error{EINVAL};
    const Ref<Process> process = processes::get(static_cast<u32>(~(number >> 3)));
    if (!process) return Error{EINVAL};
    return use_of_process(*process).user_ns;
}

/// Sleeps until `deadline`; EINTR with what was left written to `remaining`, where that is not null.
Result<u64> sleep_until(Instant deadline, UserPtr<UserTimespec> remaining) {
    if (sched::sleep_until(deadline) == Wake::Deadline) return u64{0};
    const u64 now = Clock::now().ns;
    if (remaining) TRY(remaining.write(timespec_from_ns(deadline.ns > now ? deadline.ns - now : 0)));
    return Error{EINTR};
}

Result<u64> sleep_for(UserPtr<UserTimespec> wanted, UserPtr<UserTimespec> remaining) {
    const UserTimespec time = TRY(wanted.read());
    const u64 ns = TRY(ns_from_timespec(time));
    return sleep_until(current_task().call_deadline(ns), remaining);
}

}  // namespace

Result<u64> sys_clock_gettime(const SyscallArgs& args) {
    const u64 ns = TRY(clock_ns(args.a[0]));
    TRY(args.pointer<UserTimespec>(1).write(timespec_from_ns(ns)));
    return u64{0};
}

Result<u64> sys_clock_getres(const SyscallArgs& args) {
    TRY(clock_ns(args.a[0]));
    const bool coarse = args.a[0] == kRealTimeCoarse || args.a[0] == kMonotonicCoarse;
    if (args.a[1])
        TRY(args.pointer<UserTimespec>(1).write(timespec_from_ns(coarse ? kCoarseResolutionNs : kResolutionNs)));
    return u64{0};
}

Result<u64> sys_clock_settime(const SyscallArgs&) { return Error{EPERM}; }

Result<u64> sys_clock_nanosleep(const SyscallArgs& args) {
    const u64 id = args.a[0];
    if (id != kRealTime && id != kMonotonic && id != kBootTime && id != kInternationalAtomicTime) {
        return Error{id == kProcessTime ? ENOTSUP : EINVAL};
    }
    if (!(args.a[1] & kAbsolute)) return sleep_for(args.pointer<UserTimespec>(2), args.pointer<UserTimespec>(3));
    const UserTimespec when = TRY(args.pointer<UserTimespec>(2).read());
    u64 ns = TRY(ns_from_timespec(when));
    const u64 boot = id == kRealTime || id == kInternationalAtomicTime ? Clock::boot_time_of_day_ns() : 0;
    ns = ns > boot ? ns - boot : 0;
    return sleep_until(Instant{ns}, {});
}

Result<u64> sys_nanosleep(const SyscallArgs& args) {
    return sleep_for(args.pointer<UserTimespec>(0), args.pointer<UserTimespec>(1));
}

Result<u64> sys_gettimeofday(const SyscallArgs& args) {
    if (args.a[0]) TRY(args.pointer<UserTimeval>(0).write(timeval_from_ns(time_of_day_ns())));
    if (args.a[1]) TRY(args.pointer<u64>(1).write(0));
    return u64{0};
}

Result<u64> sys_time(const SyscallArgs& args) {
    const u64 seconds = time_of_day_ns() / kNsPerSecond;
    if (args.a[0]) TRY(args.pointer<u64>(0).write(seconds));
    return seconds;
}

/// Calls are executed again by themselves, so none waits to be. The number is the answer, not the failure of a call that a
/// signal interrupted: that would be executed again.
Result<u64> sys_restart_syscall(const SyscallArgs&) { return static_cast<u64>(-EINTR); }
