// SPDX-License-Identifier: MIT
/// @file
/// @brief System calls: alarm and the real interval timer.
/// @chapter signals
#include "proc/interval_timer.h"
#include "syscall/time_calls.h"
#include "syscall/time_convert.h"

namespace {

constexpr u64 kRealTimer = 0, kTimers = 3;

/// Linux's struct itimerval.
struct UserInterval {
    UserTimeval interval, remaining;
};

UserInterval to_user(const IntervalSetting& setting) {
    return {timeval_from_ns(setting.interval_ns), timeval_from_ns(setting.remaining_ns)};
}

}  // namespace

Result<u64> sys_alarm(const SyscallArgs& args) {
    const u64 seconds = static_cast<u32>(args.a[0]);
    const IntervalSetting old = TRY(set_interval_timer({.remaining_ns = seconds * kNsPerSecond}));
    // A clock with less than half a second left still has one.
    const u64 rounded = (old.remaining_ns + kNsPerSecond / 2) / kNsPerSecond;
    return old.remaining_ns && !rounded ? u64{1} : rounded;
}

Result<u64> sys_getitimer(const SyscallArgs& args) {
    if (args.a[0] >= kTimers) return Error{EINVAL};
    const IntervalSetting setting = args.a[0] == kRealTimer ? interval_timer_setting() : IntervalSetting{};
    TRY(args.pointer<UserInterval>(1).write(to_user(setting)));
    return u64{0};
}

Result<u64> sys_setitimer(const SyscallArgs& args) {
    if (args.a[0] >= kTimers) return Error{EINVAL};
    UserInterval given{};
    if (args.a[1]) given = TRY(args.pointer<UserInterval>(1).read());
    const IntervalSetting wanted{TRY(ns_from_timeval(given.remaining)), TRY(ns_from_timeval(given.interval))};
    // The timers of processor time are not there.
    if (args.a[0] != kRealTimer) return wanted.remaining_ns ? Result<u64>(Error{ENOSYS}) : Result<u64>(u64{0});
    const IntervalSetting old = TRY(set_interval_timer(wanted));
    if (args.a[2]) TRY(args.pointer<UserInterval>(2).write(to_user(old)));
    return u64{0};
}
