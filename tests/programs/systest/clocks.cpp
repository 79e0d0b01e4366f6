// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: clocks and sleeping.
/// @chapter testing
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <thread>
#include <vector>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

int64_t nanoseconds(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
}

void never_backwards() {
    int64_t last = nanoseconds(CLOCK_MONOTONIC);
    int backwards = 0;
    for (int i = 0; i < 50000; ++i) {
        int64_t const now = nanoseconds(CLOCK_MONOTONIC);
        backwards += now < last ? 1 : 0;
        last = now;
    }
    equal("50,000 readings in a row", backwards, 0);
    std::atomic<int64_t> latest = 0;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    cpu_set_t allowed;
    sched_getaffinity(0, sizeof allowed, &allowed);
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            // Each on a processor of its own, where there are as many.
            int processor = -1;
            for (int next = 0; next <= i % CPU_COUNT(&allowed); ++next)
                while (!CPU_ISSET(++processor, &allowed)) continue;
            cpu_set_t own;
            CPU_ZERO(&own);
            CPU_SET(processor, &own);
            sched_setaffinity(0, sizeof own, &own);
            for (int n = 0; n < 10000; ++n) {
                int64_t const before = latest;
                int64_t const now = nanoseconds(CLOCK_MONOTONIC);
                wrong += now < before ? 1 : 0;
                latest = now;
            }
        });
    for (auto& thread : threads) thread.join();
    equal("nor between processors", wrong.load(), 0);
    timespec now{};
    int invalid = 0;
    for (int i = 0; i < 1000; ++i) {
        clock_gettime(CLOCK_REALTIME, &now);
        invalid += now.tv_nsec < 0 || now.tv_nsec >= 1000000000 ? 1 : 0;
    }
    equal("nanoseconds are below a second", invalid, 0);
}

void sleeping() {
    int short_sleeps = 0;
    for (long const length : {1000L, 1000000L, 5000000L, 20000000L}) {
        int64_t const start = nanoseconds(CLOCK_MONOTONIC);
        timespec const duration{0, length};
        nanosleep(&duration, nullptr);
        short_sleeps += nanoseconds(CLOCK_MONOTONIC) - start < length ? 1 : 0;
    }
    equal("no sleep is shorter than it was asked for", short_sleeps, 0);
    timespec until{};
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t const target = int64_t{until.tv_sec} * 1000000000 + until.tv_nsec + 30000000;
    until.tv_sec = static_cast<time_t>(target / 1000000000);
    until.tv_nsec = static_cast<long>(target % 1000000000);
    equal("sleep until a moment", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr), 0);
    check("which has come", nanoseconds(CLOCK_MONOTONIC) >= target);
    equal("once more: it has passed", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr), 0);
    timespec const wrong{0, 1000000000};
    fails("a length that is no time", nanosleep(&wrong, nullptr), EINVAL);
    timespec const negative{-1, 0};
    fails("a negative one", nanosleep(&negative, nullptr), EINVAL);
    equal("a clock that nobody knows", clock_nanosleep(77, 0, &until, nullptr), EINVAL);
    int64_t const start = milliseconds_now();
    std::vector<std::thread> threads;
    for (int i = 0; i < 20; ++i) threads.emplace_back([] { sleep_milliseconds(100); });
    for (auto& thread : threads) thread.join();
    int64_t const waited = milliseconds_now() - start;
    check("20 threads sleep 100 ms at the same time", waited >= 99 && waited < 1900);
}

void clocks() {
    timespec resolution{};
    fails("a clock that nobody knows", clock_gettime(77, &resolution), EINVAL);
    succeeds("clock_getres", clock_getres(CLOCK_MONOTONIC, &resolution));
    check("is at least as good as 10 ms",
          resolution.tv_sec == 0 && resolution.tv_nsec > 0 && resolution.tv_nsec <= 10000000);
    int64_t const calendar = nanoseconds(CLOCK_REALTIME);
    timeval day{};
    gettimeofday(&day, nullptr);
    int64_t const difference = int64_t{day.tv_sec} * 1000000000 + day.tv_usec * 1000 - calendar;
    check("gettimeofday is CLOCK_REALTIME", difference > -1000000 && difference < 5000000000);
    int64_t const seconds = time(nullptr) - calendar / 1000000000;
    check("so is time", seconds >= 0 && seconds < 6);
    check("it is after 2020", calendar / 1000000000 > 1577836800);
    int64_t const raw = syscall(SYS_time, nullptr) - calendar / 1000000000;
    check("also by its own call", raw >= 0 && raw < 6);
    int64_t const coarse = nanoseconds(CLOCK_MONOTONIC_COARSE) - nanoseconds(CLOCK_MONOTONIC);
    check("the coarse clock is near the fine one", coarse > -5000000000 && coarse < 1000000);
    check("so is the clock since boot", nanoseconds(CLOCK_BOOTTIME) >= nanoseconds(CLOCK_MONOTONIC) - 1000000);
    struct sysinfo information {};
    succeeds("sysinfo", sysinfo(&information));
    check("says how long the machine runs",
          information.uptime >= 0 && information.totalram > 0 && information.mem_unit > 0);
}

void time_used() {
    int64_t const start = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    int64_t const deadline = milliseconds_now() + 20000;
    uint64_t volatile sum = 0;
    while (nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - start < 30000000 && milliseconds_now() < deadline) sum = sum + 1;
    check("computing uses time", nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - start >= 30000000);
    int64_t const before = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    sleep_milliseconds(200);
    check("sleeping does not", nanoseconds(CLOCK_THREAD_CPUTIME_ID) - before < 100000000);
    rusage usage{};
    succeeds("getrusage", getrusage(RUSAGE_SELF, &usage));
    check("agrees", usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_sec * 1000000 +
                            usage.ru_stime.tv_usec >=
                        10000);
}

constexpr Case kCases[] = {
    {"clock-monotonic", never_backwards},
    {"clock-sleep", sleeping},
    {"clock-kinds", clocks},
    {"clock-used", time_used},
};

}  // namespace

Group clock_cases() { return kCases; }

}  // namespace systest
