// SPDX-License-Identifier: MIT
/// @file
/// @brief Boots a submission, and believes nothing but pairs in memory and answers that nobody could know before.
/// @chapter testing
#include "labs/grade/boots.h"

#include <time.h>

#include <set>

#include "debugger-ui/rsp/error.h"
#include "labs/grade/bench.h"
#include "tests/boot/pair_walk.h"

namespace grading {
namespace {

/// A boot takes some 20 million instructions, the guest some six.
constexpr u64 kBoot = 500'000'000, kGuest = 200'000'000;

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

/// What the guest's greeting becomes when sed has been told a word that only this run knows.
std::string word_of_run(const Subject& subject) { return "run" + std::to_string(subject.seed); }
std::string guest_command(const Subject& subject) { return "helloguest | sed s/ring/" + word_of_run(subject) + "/\n"; }
std::string guest_answer(const Subject& subject) { return "Hello from " + word_of_run(subject) + " V"; }

/// The process that a chain of processes with one child each ends in: a sandbox has some around what it runs.
pid_t last_child(pid_t process) {
    for (;;) {
        const std::string number = std::to_string(process);
        const std::string children = read_file("/proc/" + number + "/task/" + number + "/children");
        if (children.empty()) return process;
        process = std::stoi(children);
    }
}

/// What Bochs has used of a processor so far. It idles as busily as it works, and other work on the computer changes nothing.
machine::Seconds bochs_work(machine::Machine& machine) {
    clockid_t clock;
    timespec time;
    if (::clock_getcpuclockid(last_child(machine.pid()), &clock) != 0 || ::clock_gettime(clock, &time) != 0)
        throw machine::Error("nobody knows how long Bochs has worked");
    return machine::Seconds(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9);
}

}  // namespace

std::string wait_in_bochs(machine::Machine& machine, const std::string& pattern) {
    constexpr machine::Seconds kMostWork{40};
    for (const machine::Deadline backstop{machine::Seconds(600)};;) {
        try {
            return machine.console().expect_match(pattern, machine::Seconds(0.5))[0];
        } catch (const machine::Timeout&) {
            if (backstop.has_passed()) throw;
            if (bochs_work(machine) > kMostWork)
                throw Failure(Verdict::Hang, "the next words on a processor with VMX", "nothing for so long");
        } catch (const machine::Flood& flood) {
            wrong("a few lines on the console", flood.what());
        } catch (const machine::Error& error) { throw Failure(Verdict::Crash, "the machine goes on", error.what()); }
    }
}

void boots(const Subject& subject) {
    Bench bench({.kernel = kernel_of(subject)});
    bench.run_to_text(machine::kTwainPrompt, kBoot);
    bench.type("for i in 1 2 3 4; do ls -R /proc/1 >/dev/null 2>&1; done; cat /proc/meminfo | sort | wc -l\n");
    bench.type("sleep 100 & echo $((" + std::to_string(subject.seed) + " + 1))-done\n");
    bench.run_to_text(std::to_string(subject.seed + 1) + "-done", kBoot);
    expect_good_pairs(bench);
}

void runs_a_guest(const Subject& subject) {
    Bench bench({.kernel = kernel_of(subject)});
    bench.run_to_text(machine::kTwainPrompt, kBoot);
    bench.type(guest_command(subject));
    bench.run_to_text(guest_answer(subject), kGuest);
    expect_good_pairs(bench);
}

void runs_a_guest_on_vmx(const Subject& subject) {
    // Bochs counts no instructions: what fails in QEMU already shall not keep us waiting there.
    runs_a_guest(subject);
    const std::string build = machine::build_directory() + "/";
    // Bochs' serial ports are connections to this computer, so its sandbox has this computer's network.
    machine::Machine machine({.bochs = machine::BochsTwain{.kernel = kernel_of(subject),
                                                           .initramfs = build + "initramfs-lab.cpio",
                                                           .words = "mode=host rows=24 cols=80",
                                                           .megabytes = 256,
                                                           .cores = 1},
                              .arguments = {},
                              .starter = sandboxed({}, Sandbox::Network::Shared)});
    machine.console().keep_at_most(kMostConsoleBytes);
    const auto wait_for = [&](const std::string& text) {
        const std::string seen = wait_in_bochs(machine, text + "|Twain panics[^\r\n]*");
        if (seen.starts_with("Twain panics")) throw Failure(Verdict::Crash, "the kernel goes on", seen);
    };
    wait_for(machine::kTwainPrompt);
    machine.console().type(guest_command(subject));
    wait_for(guest_answer(subject));
}

}  // namespace grading
