// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: threads as the C++ library makes them, and what processes with threads do.
/// @chapter testing
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <future>
#include <mutex>
#include <queue>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

thread_local int own_number = 5;

void start_and_join() {
    int value = 0;
    std::thread([&] { value = 42; }).join();
    equal("a thread shares memory", value, 42);
    pid_t const main_thread = gettid();
    pid_t number = 0;
    pid_t process = 0;
    std::thread([&] {
        number = gettid();
        process = getpid();
    }).join();
    check("it has a number of its own in the same process", number != main_thread && process == getpid());
    std::atomic<int> sum = 0;
    for (int round = 0; round < 20; ++round) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 20; ++i) threads.emplace_back([&, i] { sum += i; });
        for (auto& thread : threads) thread.join();
    }
    equal("20 times 20 threads", sum.load(), 20 * 190);
    std::vector<std::thread> many;
    std::atomic<bool> go = false;
    for (int i = 0; i < 100; ++i)
        many.emplace_back([&] {
            while (!go) std::this_thread::yield();
            ++sum;
        });
    go = true;
    for (auto& thread : many) thread.join();
    equal("100 at once", sum.load(), 3900);
}

void local_storage() {
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            wrong += own_number != 5 ? 1 : 0;
            for (int n = 0; n < 20000; ++n) {
                own_number = i * 100000 + n;
                errno = i;
                if (n % 1000 == 0) std::this_thread::yield();
                wrong += own_number != i * 100000 + n || errno != i ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    equal("every thread has its own", wrong.load(), 0);
    equal("the first thread's is untouched", own_number, 5);
}

void mutexes() {
    std::mutex mutex;
    long counter = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 20000; ++n) {
                std::lock_guard const lock(mutex);
                counter = counter + 1;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    equal("8 threads count to 160,000 under one lock", counter, 160000);
    std::unique_lock held(mutex);
    bool free = true;
    std::thread([&] { free = mutex.try_lock(); }).join();
    check("try_lock of a lock that is held", !free);
    std::timed_mutex timed;
    timed.lock();
    bool taken = true;
    int64_t waited = 0;
    std::thread([&] {
        int64_t const start = milliseconds_now();
        taken = timed.try_lock_for(std::chrono::milliseconds(50));
        waited = milliseconds_now() - start;
    }).join();
    check("try_lock_for gives up after its time", !taken && waited >= 49);
    std::shared_mutex shared;
    std::atomic<int> readers = 0;
    std::atomic<int> most = 0;
    std::vector<std::thread> reading;
    for (int i = 0; i < 3; ++i)
        reading.emplace_back([&] {
            std::shared_lock const lock(shared);
            ++readers;
            eventually([&] { return readers == 3; });
            if (readers == 3) ++most;
        });
    for (auto& thread : reading) thread.join();
    equal("three readers hold one lock together", most.load(), 3);
}

void conditions() {
    std::mutex mutex;
    std::condition_variable not_empty;
    std::condition_variable not_full;
    std::queue<int> queue;
    long sum = 0;
    auto const produce = [&](int first) {
        for (int n = first; n < first + 2000; ++n) {
            std::unique_lock lock(mutex);
            not_full.wait(lock, [&] { return queue.size() < 8; });
            queue.push(n);
            not_empty.notify_one();
        }
    };
    auto const consume = [&] {
        for (int i = 0; i < 2000; ++i) {
            std::unique_lock lock(mutex);
            not_empty.wait(lock, [&] { return !queue.empty(); });
            sum += queue.front();
            queue.pop();
            not_full.notify_one();
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back(produce, i * 2000);
        threads.emplace_back(consume);
    }
    for (auto& thread : threads) thread.join();
    equal("three producers, three consumers, a queue of eight", sum, 5999L * 6000 / 2);
    std::unique_lock lock(mutex);
    int64_t const start = milliseconds_now();
    bool const told = not_empty.wait_for(lock, std::chrono::milliseconds(60), [] { return false; });
    check("wait_for gives up after its time", !told && milliseconds_now() - start >= 59);
    auto future = std::async(std::launch::async, [] {
        sleep_milliseconds(10);
        return std::string("promised");
    });
    same_text("a future", future.get(), "promised");
}

void own_stacks() {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    pthread_t thread;
    auto* const small = +[](void*) -> void* {
        char volatile block[32 << 10];
        block[0] = 1;
        return reinterpret_cast<void*>(static_cast<uintptr_t>(block[0]));
    };
    pthread_create(&thread, &attributes, small, nullptr);
    void* result = nullptr;
    pthread_join(thread, &result);
    equal("a thread with a stack of 64 KiB", reinterpret_cast<uintptr_t>(result), 1);
    int const status = run_child([] {
        std::thread([] {
            auto dig = [](auto self, int depth) -> int {
                char volatile block[4096];
                block[0] = static_cast<char>(depth);
                return depth == 1 << 30 ? 0 : self(self, depth + 1) + block[0];
            };
            dig(dig, 0);
        }).join();
        return 0;
    });
    check("a thread that overruns its stack ends the process", WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

int volatile handled_by = 0;

void signals_to_threads() {
    signal(SIGUSR1, [](int) { handled_by = gettid(); });
    std::atomic<pid_t> number = 0;
    std::atomic<bool> stop = false;
    std::thread thread([&] {
        number = gettid();
        while (!stop) std::this_thread::yield();
    });
    eventually([&] { return number != 0; });
    pthread_kill(thread.native_handle(), SIGUSR1);
    check("pthread_kill reaches the thread it names", eventually([&] { return handled_by == number; }));
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    handled_by = 0;
    kill(getpid(), SIGUSR1);
    check("a signal to the process goes to a thread that lets it in", eventually([&] { return handled_by == number; }));
    stop = true;
    thread.join();
    sigset_t inherited;
    std::thread([&] { pthread_sigmask(SIG_BLOCK, nullptr, &inherited); }).join();
    equal("a new thread has its maker's mask", sigismember(&inherited, SIGUSR1), 1);
}

void shared_resources() {
    write_file("text", "abc");
    int opened = -1;
    std::thread([&] { opened = open("text", O_RDONLY); }).join();
    char byte = 0;
    equal("a file that a thread opened is open for all", read(opened, &byte, 1), 1);
    mkdir("d", 0755);
    std::thread([] { chdir("d"); }).join();
    char cwd[4096];
    check("chdir is for all", std::string(getcwd(cwd, sizeof cwd)).ends_with("/d"));
    Pipe pipe;
    std::thread reader([&] { byte = read_up_to(pipe.reader.get(), 1)[0]; });
    send(pipe.writer.get(), "z");
    reader.join();
    equal("a thread that waits does not hold up the others", byte, 'z');
}

void ends() {
    equal("exit with threads running", exit_code_of([] {
              for (int i = 0; i < 4; ++i)
                  std::thread([] {
                      for (;;) pause();
                  }).detach();
              for (int i = 0; i < 2; ++i)
                  std::thread([] {
                      for (;;) std::this_thread::yield();
                  }).detach();
              sleep_milliseconds(20);
              return 21;
          }),
          21);
    equal("exit by another thread", exit_code_of([]() -> int {
              std::thread([] { _exit(22); }).detach();
              for (;;) pause();
          }),
          22);
    equal("the first thread leaves before the others", exit_code_of([]() -> int {
              std::thread([] {
                  sleep_milliseconds(30);
                  _exit(23);
              }).detach();
              pthread_exit(nullptr);
          }),
          23);
    int const status = run_child([]() -> int {
        std::thread([] { *static_cast<int volatile*>(nullptr) = 1; }).detach();
        for (;;) pause();
    });
    check("a fault in a thread ends the process", WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    equal("fork takes only the thread that calls it", exit_code_of([] {
              std::atomic<int> beats = 0;
              std::thread([&] {
                  for (;;) ++beats;
              }).detach();
              eventually([&] { return beats > 0; });
              return exit_code_of([&] {
                  int const before = beats;
                  sleep_milliseconds(30);
                  return beats == before ? 24 : 25;
              });
          }),
          24);
    equal("exec ends the other threads", exit_code_of([] {
              for (int i = 0; i < 3; ++i)
                  std::thread([] {
                      for (;;) std::this_thread::yield();
                  }).detach();
              execl("/proc/self/exe", "systest", "--helper", "exit", "26", nullptr);
              return 1;
          }),
          26);
    equal("exec by a thread that is not the first", exit_code_of([]() -> int {
              std::thread([] { execl("/proc/self/exe", "systest", "--helper", "exit", "27", nullptr); }).detach();
              for (;;) pause();
          }),
          27);
}

constexpr Case kCases[] = {
    {"thread", start_and_join},          {"thread-local", local_storage},
    {"thread-mutex", mutexes},           {"thread-condition", conditions},
    {"thread-stack", own_stacks},        {"thread-signal", signals_to_threads},
    {"thread-shared", shared_resources}, {"thread-end", ends},
};

}  // namespace

Group thread_cases() { return kCases; }

}  // namespace systest
