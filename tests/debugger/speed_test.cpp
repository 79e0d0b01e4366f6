// SPDX-License-Identifier: MIT
/// @file
/// @brief What the window costs: a frame of two full pairs, and a window that nobody touches, on a display without a graphics card.
/// @chapter testing
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <thread>
#include <vector>

#include "debugger-ui/model/recording.h"
#include "debugger-ui/rsp/error.h"
#include "tests/debugger/display.h"
#include "tests/debugger/fake_machine.h"
#include "tests/machine/console.h"

namespace debugger {
namespace {

using machine::Seconds;

class Speed : public testing::Test {
   protected:
    Speed() : display(1600, 1000), terminal(machine::TerminalSize{}) {
        machine::silence(terminal);
        // Every cell of both halves shows bars.
        FakeMachine fake;
        for (u64 page = 0; page < kEntriesPerTable; ++page) fake.map(0x20'0000 + page * kPageBytes, {true, true, true});
        const std::filesystem::path recording = directory.path() / "recording";
        save_recording(*fake.snapshot(), recording);
        ::setenv("DISPLAY", display.name().c_str(), 1);
        ::setenv("XDG_CONFIG_HOME", directory.path().c_str(), 1);
        const char* build = ::getenv("BUILD");
        child.emplace(machine::Child::start({std::string(build ? build : "build") + "/debugger-ui", "--script", "-",
                                             "--size", "1600x1000", recording.string()},
                                            terminal));
        ask("select gpa 0x203000");
    }
    std::string ask(const std::string& question) {
        console.type(question + "\nprint end\n");
        return console.expect("READY", Seconds(60));
    }
    static double number_behind(const std::string& text, const std::string& word) {
        const usize at = text.find(word + " ");
        return at == std::string::npos ? -1 : std::stod(text.substr(at + word.size()));
    }
    /// Processor time of the debugger so far.
    double busy_seconds() {
        std::ifstream file("/proc/" + std::to_string(child->pid()) + "/stat");
        std::string word;
        unsigned long user = 0, system = 0;
        for (int field = 1; field <= 13; ++field) file >> word;
        file >> user >> system;
        return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }

    machine::TemporaryDirectory directory;
    machine::Display display;
    machine::Terminal terminal;
    machine::Console console{terminal.master.get()};
    std::optional<machine::Child> child;
};

/// Milliseconds of the processor for a fixed piece of work like a frame's, a little of everything: what this computer manages
/// now. About a millisecond on the computer on which the goals below were set, when it had nothing else to do.
double yardstick() {
    static std::vector<u32> canvas(1 << 20);
    timespec before{}, after{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    u32 random = 1;
    for (int rectangle = 0; rectangle < 7'000; ++rectangle) {
        random = random * 1'664'525 + 1'013'904'223;
        u32* row = canvas.data() + (random >> 12) % (canvas.size() - 64);
        for (u32 at = 0; at < 16 + (random >> 28); ++at) row[at] = row[at] * 3 + random;
    }
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    return static_cast<double>(after.tv_sec - before.tv_sec) * 1e3 +
           static_cast<double>(after.tv_nsec - before.tv_nsec) / 1e6;
}

TEST_F(Speed, PaintsAFrameOfTwoFullPairsInTwelveMilliseconds) {
    constexpr int kFewest = 5, kMost = 40;
    double views = 1e9, whole = 1e9, measure = 1e9;
    const auto is_good = [&] { return views < 0.5 * measure && whole < 12 * measure; };
    // The best of some: what else this computer does makes some slower, and none quicker.
    for (int round = 0; round < kMost && (round < kFewest || !is_good()); ++round) {
        const std::string costs = ask("print costs 20");
        ASSERT_GE(number_behind(costs, "views"), 0) << costs;
        views = std::min(views, number_behind(costs, "views"));
        whole = std::min(
            whole, number_behind(costs, "views") + number_behind(costs, "raster") + number_behind(costs, "display"));
        measure = std::min(measure, yardstick());
    }
    std::printf("views %.3f ms, the whole frame %.2f ms; the yardstick %.2f ms\n", views, whole, measure);
    EXPECT_LT(views, 0.5 * measure);
    EXPECT_LT(whole, 12 * measure);
}

TEST_F(Speed, SleepsWhileNothingHappens) {
    // With commands to come it looks for them; without, it waits for the person alone.
    console.type("print end\n\x04");
    console.expect("READY", Seconds(60));
    terminal.slave = machine::File();
    const double before = busy_seconds();
    const auto begin = machine::Clock::now();
    std::this_thread::sleep_for(std::chrono::seconds(4));  // for as long as it is watched
    const double took = Seconds(machine::Clock::now() - begin).count();
    const double part = (busy_seconds() - before) / took;
    std::cout << "idle: " << part * 100 << " % of a core\n";
    EXPECT_LT(part, 0.02);
}

}  // namespace
}  // namespace debugger
