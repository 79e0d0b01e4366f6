// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: futex itself, and the word that is cleared when a thread ends.
/// @chapter testing
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <thread>
#include <vector>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

using Word = std::atomic<uint32_t>;

long futex(Word* word, int operation, uint32_t value, timespec const* limit = nullptr, uint32_t mask = 0) {
    return syscall(SYS_futex, word, operation, value, limit, nullptr, mask);
}

void arguments() {
    Word word = 7;
    fails("waiting for another value", futex(&word, FUTEX_WAIT_PRIVATE, 8), EAGAIN);
    timespec const brief{0, 30000000};
    int64_t const start = milliseconds_now();
    fails("waiting with a limit", futex(&word, FUTEX_WAIT_PRIVATE, 7, &brief), ETIMEDOUT);
    check("takes at least that long", milliseconds_now() - start >= 29);
    equal("waking nobody", futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX), 0);
    auto* const odd = reinterpret_cast<Word*>(reinterpret_cast<char*>(&word) + 1);
    fails("a word at an odd address", futex(odd, FUTEX_WAIT_PRIVATE, 7), EINVAL);
    fails("a word that is not mapped", futex(nullptr, FUTEX_WAIT, 0), EFAULT);
    timespec const wrong{0, 2000000000};
    fails("a limit that is no time", futex(&word, FUTEX_WAIT_PRIVATE, 7, &wrong), EINVAL);
    fails("an empty mask", futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 7, nullptr, 0), EINVAL);
    fails("an operation that nobody knows", futex(&word, 99, 0), ENOSYS);
    timespec past{};
    clock_gettime(CLOCK_MONOTONIC, &past);
    fails("a moment that has passed", futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 7, &past, ~0u), ETIMEDOUT);
    timespec const epoch{1, 0};
    int const by_clock = FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME;
    fails("one of the calendar's clock", futex(&word, by_clock, 7, &epoch, ~0u), ETIMEDOUT);
}

void waking() {
    Word word = 0;
    std::atomic<int> awake = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i)
        threads.emplace_back([&] {
            while (word == 0) futex(&word, FUTEX_WAIT_PRIVATE, 0);
            ++awake;
        });
    sleep_milliseconds(30);
    equal("nobody wakes without a reason", awake.load(), 0);
    word = 1;
    long woken = 0;
    eventually([&] {
        woken += futex(&word, FUTEX_WAKE_PRIVATE, 2);
        return awake == 6;
    });
    equal("two at a time, all six wake", awake.load(), 6);
    check("and no more than six were counted", woken <= 6);
    for (auto& thread : threads) thread.join();
    Word masked = 0;
    std::atomic<int> got = 0;
    std::thread waiter([&] { got = futex(&masked, FUTEX_WAIT_BITSET_PRIVATE, 0, nullptr, 2) == 0 ? 1 : 2; });
    eventually(
        [&] {
            futex(&masked, FUTEX_WAKE_BITSET_PRIVATE, 1, nullptr, 1);
            sleep_milliseconds(1);
            return got != 0;
        },
        40);
    equal("another mask does not wake", got.load(), 0);
    eventually([&] { return futex(&masked, FUTEX_WAKE_BITSET_PRIVATE, 1, nullptr, 3) == 1; });
    waiter.join();
    equal("one with a common bit does", got.load(), 1);
}

void between_processes() {
    constexpr int kProtection = PROT_READ | PROT_WRITE;
    void* const mapped = mmap(nullptr, kPage, kProtection, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    check("shared memory", mapped != MAP_FAILED);
    if (mapped == MAP_FAILED) return;
    auto* const words = static_cast<Word*>(mapped);
    pid_t const child = start_child([words] {
        for (uint32_t round = 0; round < 200; ++round) {
            while (words[0] == round) futex(&words[0], FUTEX_WAIT, round);
            words[1] = round + 1;
            futex(&words[1], FUTEX_WAKE, 1);
        }
        return 0;
    });
    for (uint32_t round = 0; round < 200; ++round) {
        words[0] = round + 1;
        futex(&words[0], FUTEX_WAKE, 1);
        while (words[1] == round) futex(&words[1], FUTEX_WAIT, round);
    }
    equal("two processes hand 200 turns to each other", wait_for(child), 0);
    Pages const pages(1);
    auto* const own = reinterpret_cast<Word*>(pages.page(0));
    *own = 0;
    pid_t const other = start_child([own] {
        timespec const brief{0, 50000000};
        return futex(own, FUTEX_WAIT, 0, &brief) == -1 && errno == ETIMEDOUT ? 1 : 2;
    });
    eventually([&] { return futex(own, FUTEX_WAKE, 1) != 0; }, 20);
    equal("a private word is not the child's", wait_for(other), 0x100);
}

void signal_ends_waiting() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigaction(SIGUSR1, &action, nullptr);
    Word word = 0;
    pid_t const child = signal_when_asleep(SIGUSR1);
    fails("a signal", futex(&word, FUTEX_WAIT_PRIVATE, 0), EINTR);
    wait_for(child);
}

int cleared_body(void*) { return 0; }

void cleared_word() {
    Pages const stack(16);
    constexpr int kThread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    Word parent_word = 0;
    Word child_word = 99;
    int const flags = kThread | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    int const number = clone(cleared_body, stack.page(15), flags, nullptr, &parent_word, nullptr, &child_word);
    check("a bare thread starts", number > 0);
    equal("its number is written for its maker", parent_word.load(), number);
    bool const cleared = eventually([&] {
        uint32_t const now = child_word;
        timespec const brief{0, 50000000};
        if (now != 0) futex(&child_word, FUTEX_WAIT, now, &brief);
        return child_word == 0;
    });
    check("its word is cleared when it ends", cleared);
    sleep_milliseconds(20);
}

constexpr Case kCases[] = {
    {"futex", arguments},
    {"futex-wake", waking},
    {"futex-shared", between_processes},
    {"futex-signal", signal_ends_waiting},
    {"futex-clear", cleared_word},
};

}  // namespace

Group futex_cases() { return kCases; }

}  // namespace systest
