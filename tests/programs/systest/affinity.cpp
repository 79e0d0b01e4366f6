// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: the processors that a thread may run on, and that it runs on no other.
/// @chapter testing
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

std::vector<int> processors_of(pid_t thread) {
    cpu_set_t set;
    std::vector<int> list;
    if (sched_getaffinity(thread, sizeof set, &set) != 0) return list;
    for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &set)) list.push_back(i);
    }
    return list;
}

bool pin(pid_t thread, int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return sched_setaffinity(thread, sizeof set, &set) == 0;
}

int processor_now() {
    unsigned processor = 99999;
    syscall(SYS_getcpu, &processor, nullptr, nullptr);
    return static_cast<int>(processor);
}

// Calls `body(processor)` for each processor that the case began with.
template <typename Body>
bool holds_for_each(std::vector<int> const& processors, Body const& body) {
    bool all = true;
    for (int const processor : processors) all = body(processor) && all;
    return all;
}

void own_thread() {
    std::vector<int> const processors = processors_of(0);
    check("there is a processor to run on", !processors.empty());
    check("a thread that is pinned is there when the call returns",
          holds_for_each(processors, [](int processor) { return pin(0, processor) && processor_now() == processor; }));
    check("and stays there through yields and sleeps", holds_for_each(processors, [](int processor) {
              bool there = pin(0, processor);
              for (int i = 0; i < 50; ++i) {
                  sched_yield();
                  if (i % 10 == 0) sleep_milliseconds(1);
                  there = there && processor_now() == processor;
              }
              return there;
          }));
    check("the mask says so", holds_for_each(processors, [](int processor) {
              return pin(0, processor) && processors_of(0) == std::vector<int>{processor};
          }));
    check("a child starts where its parent may run", holds_for_each(processors, [](int processor) {
              return pin(0, processor) &&
                     exit_code_of([processor] {
                         return processor_now() == processor && processors_of(0) == std::vector<int>{processor} ? 0 : 1;
                     }) == 0;
          }));
    check("and a thread", holds_for_each(processors, [](int processor) {
              int seen = -1;
              if (pin(0, processor)) std::thread([&seen] { seen = processor_now(); }).join();
              return seen == processor;
          }));
    cpu_set_t all;
    CPU_ZERO(&all);
    for (int const processor : processors) CPU_SET(processor, &all);
    succeeds("the pin is taken away", sched_setaffinity(0, sizeof all, &all));
    check("and the mask is as it was", processors_of(0) == processors);
}

// A thread that says again and again where it runs, computing or sleeping in between.
class Wanderer {
   public:
    enum class Habit { Computes, Sleeps };
    explicit Wanderer(Habit habit) : habit_(habit), thread_([this] { run(); }) {
        eventually([this] { return looks_ > 0; });
    }
    ~Wanderer() {
        stop_ = true;
        thread_.join();
    }
    pid_t number() const { return number_; }
    // Whether what it sees from now on is this processor and no other.
    bool is_on(int processor) const {
        for (int i = 0; i < 5; ++i) {
            int const before = looks_;
            // The look that is under way may have begun earlier.
            if (!eventually([&] { return looks_ >= before + 2; }) || processor_ != processor) return false;
        }
        return true;
    }

   private:
    void run() {
        number_ = static_cast<pid_t>(syscall(SYS_gettid));
        while (!stop_) {
            if (habit_ == Habit::Sleeps) sleep_milliseconds(2);
            processor_ = processor_now();
            ++looks_;
        }
    }
    Habit habit_;
    std::atomic<bool> stop_ = false;
    std::atomic<int> looks_ = 0, processor_ = -1;
    std::atomic<pid_t> number_ = 0;
    std::thread thread_;
};

void other_threads() {
    std::vector<int> const processors = processors_of(0);
    {
        Wanderer const busy(Wanderer::Habit::Computes), second(Wanderer::Habit::Computes);
        check("a thread that computes is moved by another", holds_for_each(processors, [&](int processor) {
                  return pin(busy.number(), processor) && busy.is_on(processor);
              }));
        check("two on one processor both get their turns", holds_for_each(processors, [&](int processor) {
                  return pin(busy.number(), processor) && pin(second.number(), processor) && busy.is_on(processor) &&
                         second.is_on(processor);
              }));
        check("and so with the caller there as well", holds_for_each(processors, [&](int processor) {
                  return pin(0, processor) && pin(busy.number(), processor) && busy.is_on(processor);
              }));
    }
    Wanderer const sleeper(Wanderer::Habit::Sleeps);
    check("a thread that sleeps wakes where it may", holds_for_each(processors, [&](int processor) {
              return pin(sleeper.number(), processor) && sleeper.is_on(processor);
          }));
}

void bad_masks() {
    cpu_set_t set;
    CPU_ZERO(&set);
    fails("no processor at all", sched_setaffinity(0, sizeof set, &set), EINVAL);
    CPU_SET(1000, &set);
    fails("one that is not there", sched_setaffinity(0, sizeof set, &set), EINVAL);
    CPU_SET(processors_of(0).at(0), &set);
    succeeds("one that is not there, and one that is", sched_setaffinity(0, sizeof set, &set));
    fails("of nobody", sched_setaffinity(0x3fff'ffff, sizeof set, &set), ESRCH);
    fails("asked of nobody", sched_getaffinity(0x3fff'ffff, sizeof set, &set), ESRCH);
    fails("from nowhere", syscall(SYS_sched_setaffinity, 0, sizeof set, 8), EFAULT);
    fails("to nowhere", syscall(SYS_sched_getaffinity, 0, sizeof set, 8), EFAULT);
    fails("into too little", syscall(SYS_sched_getaffinity, 0, 0, &set), EINVAL);
    fails("into no whole words", syscall(SYS_sched_getaffinity, 0, sizeof set - 1, &set), EINVAL);
    fails("a mask of no bytes", syscall(SYS_sched_setaffinity, 0, 0, &set), EINVAL);
}

constexpr Case kCases[] = {
    {"affinity", own_thread},
    {"affinity-others", other_threads},
    {"affinity-bad", bad_masks},
};

}  // namespace

Group affinity_cases() { return kCases; }

}  // namespace systest
