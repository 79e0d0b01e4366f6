// SPDX-License-Identifier: MIT
/// @file
/// @brief Questions and answers between two cores, and what they say of the difference of their TSCs.
/// @chapter cores
#include "drivers/core_clocks.h"

#include <algorithm>
#include <atomic>
#include <limits>

#include "x86/instructions.h"
#include "x86/registers.h"

namespace {

/// On a loaded emulator each may take as long as the host lets one of the two cores wait.
constexpr u32 kQuestions = 4;
constexpr u32 kLeaf7EbxTscAdjust = 1U << 1;  ///< @sdm{CPUID—CPU Identification}

constinit std::atomic<u32> question{0}, answer{0};
constinit u64 answered_tsc = 0;  ///< written before `answer`
constinit i64 ahead = 0;         ///< written before the last question

/// False: none until the deadline.
bool ask(u32 number, Instant deadline) {
    question.store(number);
    while (answer.load() != number) {
        if (Clock::now() > deadline) return false;
    }
    return true;
}

void set_back(i64 ticks) {
    const u64 by = static_cast<u64>(ticks);
    // Adding to the adjustment moves the TSC by exactly as much. @sdm{IA32_TSC_ADJUST Register Support, 17.17.3}
    if (x86::cpuid_if_known(7).ebx & kLeaf7EbxTscAdjust)
        return x86::wrmsr(Msr::kTscAdjust, x86::rdmsr(Msr::kTscAdjust) - by);
    x86::wrmsr(Msr::kTsc, x86::rdtsc() - by);
}

}  // namespace

/// The other core's reading lies between the two of this core. Each question narrows down what the difference can be, the quick
/// ones most.
i64 core_clocks::lead(Instant deadline) {
    i64 least = std::numeric_limits<i64>::min(), most = std::numeric_limits<i64>::max();
    answer = 0;
    for (u32 number = 1; number <= kQuestions; ++number) {
        const u64 before = x86::rdtsc();
        if (!ask(number, deadline)) return 0;
        const u64 after = x86::rdtsc();
        least = std::max(least, static_cast<i64>(answered_tsc - after));
        most = std::min(most, static_cast<i64>(answered_tsc - before));
    }
    ahead = least <= 0 && most >= 0 ? 0 : least + (most - least) / 2;
    ask(kQuestions + 1, deadline);
    question = 0;
    return ahead;
}

void core_clocks::follow() {
    for (u32 number = 1; number <= kQuestions + 1; ++number) {
        while (question.load() != number) x86::pause();
        if (number > kQuestions && ahead != 0) set_back(ahead);
        answered_tsc = x86::rdtsc();
        answer.store(number);
    }
}
