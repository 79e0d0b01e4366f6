// SPDX-License-Identifier: MIT
/// @file
/// @brief Deeds with processes: copied memory, stops, signals in the middle of arithmetic, and kills at any moment.
/// @chapter testing
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <thread>
#include <vector>

#include "deeds.h"

namespace storm {
namespace {

constexpr size_t kBytes = 1 << 20;

bool holds(char const* memory, char value) {
    return std::all_of(memory, memory + kBytes, [value](char c) { return c == value; });
}

int copy_memory() {
    auto* const memory =
        static_cast<char*>(mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    memset(memory, 1, kBytes);
    for (char value = 2; value < 6; ++value) {
        pid_t const child = fork();
        if (child == 0) {
            memset(memory, value, kBytes);
            _exit(holds(memory, value) ? 0 : 1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        if (status != 0) return 1;
    }
    return holds(memory, 1) ? 0 : 2;
}

volatile sig_atomic_t rings = 0;

double sum_up() {
    double sum = 1;
    for (int i = 1; i < 1'000'000; ++i) sum = sum * 1.0000001 + 1.0 / i;
    return sum;
}

/// A handler that calculates must not disturb what it interrupts.
int calculate_under_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) {
        double volatile value = 3;
        for (int i = 0; i < 10; ++i) value = value * value / 7;
        rings = rings + 1;
    };
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, nullptr);
    itimerval const often{{0, 1000}, {0, 1000}};
    itimerval const never{};
    setitimer(ITIMER_REAL, &often, nullptr);
    double const disturbed = sum_up();
    setitimer(ITIMER_REAL, &never, nullptr);
    double const calm = sum_up();
    if (memcmp(&disturbed, &calm, sizeof(calm)) != 0) return 1;
    return rings > 0 ? 0 : 2;
}

int stop_and_continue() {
    pid_t const child = fork();
    if (child == 0) {
        std::thread([] {
            for (;;) usleep(50);
        }).detach();
        for (;;) usleep(70);
    }
    int status = 0;
    for (int i = 0; i < 20; ++i) {
        kill(child, SIGSTOP);
        if (waitpid(child, &status, WUNTRACED) != child || !WIFSTOPPED(status)) return 1;
        kill(child, SIGCONT);
        if (waitpid(child, &status, WCONTINUED) != child || !WIFCONTINUED(status)) return 2;
    }
    kill(child, SIGKILL);
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status) ? 0 : 3;
}

/// What is to be killed: threads that allocate, and forks without end.
[[noreturn]] void be_busy() {
    signal(SIGUSR1, [](int) {});
    for (int i = 0; i < 3; ++i) {
        std::thread([] {
            for (;;) {
                std::vector<char> const memory(5000);
                usleep(150);
            }
        }).detach();
    }
    for (;;) {
        pid_t const child = fork();
        if (child == 0) _exit(0);
        waitpid(child, nullptr, 0);
    }
}

int kill_the_busy() {
    pid_t victims[4];
    for (pid_t& victim : victims) {
        victim = fork();
        if (victim == 0) be_busy();
    }
    for (int i = 0; i < 40; ++i) {
        kill(victims[i % 4], SIGUSR1);
        usleep(250);
    }
    int bad = 0;
    for (pid_t const victim : victims) {
        int status = 0;
        kill(victim, SIGKILL);
        if (waitpid(victim, &status, 0) != victim || !WIFSIGNALED(status)) ++bad;
    }
    return bad;
}

constexpr Deed kDeeds[] = {
    {"copied-memory", copy_memory},
    {"arithmetic", calculate_under_signals},
    {"stops", stop_and_continue},
    {"kills", kill_the_busy},
};

}  // namespace

std::span<Deed const> process_deeds() { return kDeeds; }

}  // namespace storm
