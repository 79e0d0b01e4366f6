// SPDX-License-Identifier: MIT
/// @file
/// @brief Lists of things to do with the student's functions: written into the machine, done there, and read back.
/// @chapter testing
#pragma once

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "labs/grade/bench.h"

namespace grading {

/// A list takes some ten thousand instructions; some thousand times as many are a hang.
inline constexpr u64 kStepsBudget = 200'000'000;
/// From the reset to any place before the first process.
inline constexpr u64 kToKernel = 500'000'000;

/// Does `steps` by the lab's own part of the kernel, labs/NN-name/bench.cpp, and returns them with what came of each.
template <class Step>
std::vector<Step> run_steps(Bench& bench, std::vector<Step> steps, const Bench::Stopped& stopped = {}) {
    const auto bytes_of = [](const void* from, usize bytes) {
        const u8* begin = static_cast<const u8*>(from);
        return machine::Bytes(begin, begin + bytes);
    };
    const u64 count = steps.size();
    const usize bytes = count * sizeof(Step);
    bench.rsp().write(bench.kernel().address_of("lab_steps"), bytes_of(steps.data(), bytes));
    bench.rsp().write(bench.kernel().address_of("lab_step_count"), bytes_of(&count, sizeof count));
    bench.call("lab_run", {}, kStepsBudget, stopped);
    const machine::Bytes done = bench.read("lab_steps", bytes);
    std::memcpy(static_cast<void*>(steps.data()), done.data(), bytes);
    return steps;
}

/// A generator whose numbers need no conversion.
class Random {
   public:
    explicit Random(unsigned seed) : engine_(seed) {}
    /// 0 .. below-1.
    unsigned operator()(unsigned below) { return static_cast<unsigned>(engine_() % below); }
    template <class T>
    void shuffle(std::vector<T>& list) {
        std::shuffle(list.begin(), list.end(), engine_);
    }

   private:
    std::mt19937 engine_;
};

}  // namespace grading
