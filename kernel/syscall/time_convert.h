// SPDX-License-Identifier: MIT
/// @file
/// @brief Linux's time structures to and from nanoseconds.
/// @chapter linux-interface
#pragma once

#include "lib/result.h"
#include "proc/process.h"

inline constexpr u64 kNsPerSecond = 1'000'000'000;
inline constexpr u64 kNsPerMicrosecond = 1'000;

/// Linux's struct timespec on x86-64.
struct UserTimespec {
    i64 seconds;
    i64 nanoseconds;
};
/// Linux's struct timeval.
struct UserTimeval {
    i64 seconds;
    i64 microseconds;
};
/// Linux's struct rusage.
struct UserResourceUse {
    UserTimeval user, system;
    i64 max_resident_kib, shared, data, stack;
    i64 minor_faults, major_faults;
    i64 rest[8];
};
static_assert(sizeof(UserResourceUse) == 144);

constexpr UserTimespec timespec_from_ns(u64 ns) {
    return {static_cast<i64>(ns / kNsPerSecond), static_cast<i64>(ns % kNsPerSecond)};
}
constexpr UserTimeval timeval_from_ns(u64 ns) {
    return {static_cast<i64>(ns / kNsPerSecond), static_cast<i64>(ns % kNsPerSecond / kNsPerMicrosecond)};
}
/// EINVAL: negative, or a fraction of a second or more. Times beyond what 64 bits hold become the longest there is.
inline Result<u64> ns_from_timespec(const UserTimespec& time) {
    if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= static_cast<i64>(kNsPerSecond))
        return Error{EINVAL};
    if (static_cast<u64>(time.seconds) >= ~0ULL / kNsPerSecond) return ~0ULL;
    return static_cast<u64>(time.seconds) * kNsPerSecond + static_cast<u64>(time.nanoseconds);
}
inline Result<u64> ns_from_timeval(const UserTimeval& time) {
    if (time.microseconds < 0 || time.microseconds >= 1'000'000) return Error{EINVAL};
    return ns_from_timespec({time.seconds, time.microseconds * 1000});
}

constexpr UserResourceUse to_user(const ResourceUse& use) {
    UserResourceUse user{};
    user.user = timeval_from_ns(use.user_ns);
    user.system = timeval_from_ns(use.system_ns);
    user.minor_faults = static_cast<i64>(use.faults);
    return user;
}
