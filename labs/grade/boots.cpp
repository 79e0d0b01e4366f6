// SPDX-License-Identifier: MIT
/// @file
/// @brief Boots a submission, and believes nothing but pairs in memory and answers that nobody could know before.
/// @chapter testing
#include "labs/grade/boots.h"

#include <set>

#include "debugger-ui/rsp/error.h"
#include "labs/grade/bench.h"
#include "tests/boot/pair_walk.h"

namespace grading {
namespace {

/// A boot takes some 300 million instructions.
constexpr u64 kBoot = 3'000'000'000;

std::filesystem::path kernel_of(const Subject& subject) { return subject.submission.tree() / "build/twain.elf"; }

/// Walks the pairs of all processes. @throws Failure where a rule of pairs does not hold
void expect_good_pairs(Bench& bench) {
    const auto block = machine::read_debug_block(bench.rsp(), bench.kernel());
    std::set<u64> pairs;
    for (const auto& process : block->processes) {
        if (process.root == 0) continue;
        machine::PairWalk walk;
        try {
            walk = machine::walk_pairs(bench.rsp(), PhysAddr(process.root),
                                       static_cast<NestedFormat>(block->nested_format));
        } catch (const machine::Error& error) { wrong("a tree of pairs that can be walked", error.what()); }
        if (!walk.violations.empty()) wrong("pairs whose halves agree", walk.violations.front());
        for (const PhysAddr pair : walk.pairs) {
            if (!pairs.insert(pair.raw).second)
                wrong("each pair in one place of one tree", "that at " + std::to_string(pair.raw) + " is in two");
        }
    }
    if (pairs.size() < 10) wrong("the pairs of running processes", std::to_string(pairs.size()) + " pairs");
}

}  // namespace

void boots(const Subject& subject) {
    Bench bench({.kernel = kernel_of(subject)});
    bench.run_to_text(machine::kTwainPrompt, kBoot);
    bench.type("for i in 1 2 3 4; do ls -R /proc/1 >/dev/null 2>&1; done; cat /proc/meminfo | sort | wc -l\n");
    bench.type("sleep 100 & echo $((" + std::to_string(subject.seed) + " + 1))-done\n");
    bench.run_to_text(std::to_string(subject.seed + 1) + "-done", kBoot);
    expect_good_pairs(bench);
}

}  // namespace grading
