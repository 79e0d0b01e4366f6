// SPDX-License-Identifier: MIT
/// @file
/// @brief Deeds with threads: turns taken, locks of dead owners, programs replaced while others run.
/// @chapter testing
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "deeds.h"

namespace storm {
namespace {

constexpr int kTurns = 300;

int take_turns() {
    std::mutex mutex;
    std::condition_variable changed;
    int turn = 0;
    auto const player = [&](int me) {
        for (int i = 0; i < kTurns; ++i) {
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return turn == me; });
            turn = 1 - me;
            changed.notify_all();
        }
    };
    std::thread first(player, 0);
    std::thread second(player, 1);
    first.join();
    second.join();
    return turn;
}

/// Threads that never end by themselves.
void start_sleepers(int count) {
    for (int i = 0; i < count; ++i) {
        std::thread([] {
            for (;;) usleep(100);
        }).detach();
    }
}

int execute_among_threads() {
    start_sleepers(4);
    usleep(2000);
    execl("/proc/self/exe", "storm", "--nothing", nullptr);
    return 1;
}

int execute_from_another_thread() {
    start_sleepers(2);
    std::thread([] { execl("/proc/self/exe", "storm", "--nothing", nullptr); }).join();
    return 1;
}

int exit_from_another_thread() {
    start_sleepers(4);
    std::thread([] { exit(0); }).join();
    return 1;
}

/// Memory that children share, with a lock in it.
struct Shared {
    pthread_mutex_t mutex;
    int count;
    std::atomic<bool> locked;

    static Shared& create(int robust) {
        void* const memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        auto& shared = *static_cast<Shared*>(memory);
        pthread_mutexattr_t attributes;
        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&attributes, robust);
        pthread_mutex_init(&shared.mutex, &attributes);
        return shared;
    }
};

int count_together() {
    Shared& shared = Shared::create(PTHREAD_MUTEX_STALLED);
    constexpr int kProcesses = 3;
    for (int i = 0; i < kProcesses; ++i) {
        if (fork() != 0) continue;
        for (int turn = 0; turn < kTurns; ++turn) {
            pthread_mutex_lock(&shared.mutex);
            int const before = shared.count;
            // Now and then the lock is held across a switch.
            if (turn % 50 == 0) usleep(1);
            shared.count = before + 1;
            pthread_mutex_unlock(&shared.mutex);
        }
        _exit(0);
    }
    for (int i = 0; i < kProcesses; ++i) wait(nullptr);
    return shared.count == kProcesses * kTurns ? 0 : 1;
}

int inherit_a_lock() {
    Shared& shared = Shared::create(PTHREAD_MUTEX_ROBUST);
    pid_t const owner = fork();
    if (owner == 0) {
        pthread_mutex_lock(&shared.mutex);
        shared.locked = true;
        usleep(2000);
        _exit(0);
    }
    while (!shared.locked) usleep(100);
    int const result = pthread_mutex_lock(&shared.mutex);
    waitpid(owner, nullptr, 0);
    return result == EOWNERDEAD ? 0 : 1;
}

constexpr Deed kDeeds[] = {
    {"turns", take_turns},
    {"exec-among-threads", execute_among_threads},
    {"exec-from-a-thread", execute_from_another_thread},
    {"exit-from-a-thread", exit_from_another_thread},
    {"shared-lock", count_together},
    {"dead-owner", inherit_a_lock},
};

}  // namespace

std::span<Deed const> thread_deeds() { return kDeeds; }

}  // namespace storm
