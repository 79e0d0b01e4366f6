// SPDX-License-Identifier: MIT
/// @file
/// @brief The kernel built with its checks (DEBUG=1), on four cores: lock order, poisoned frames, the pairs after every change.
/// @chapter testing
#include <gtest/gtest.h>

#include "tests/boot/guest.h"

namespace machine {
namespace {

/// A check costs time at every change: these take a minute.
constexpr Seconds kLongRun{400};

class Checked : public testing::Test {
   protected:
    Checked() { shell.wait_for_prompt(Seconds(60)); }
    void expect_success(const std::string& command) {
        const std::string output = shell.run(command + "; echo status $?", kLongRun);
        EXPECT_NE(output.find("status 0\n"), std::string::npos) << output;
        EXPECT_EQ(shell.run("echo alive"), "alive\n");
    }

    Machine machine{
        twain({.kernel = "debug/twain.elf", .initramfs = "initramfs-test.cpio", .memory = "1G", .cores = 4})};
    Shell shell = machine.shell(kTwainPrompt);
};

TEST_F(Checked, PairsStayAsTheModelSays) {
    expect_success("/test/pairstress --seed 4 --check /proc/twain/check");
    expect_success("/test/pairstress --seed 5 --count 40 --threads 4 --check /proc/twain/check");
}
TEST_F(Checked, AStormOfProcessesEndsWell) { expect_success("/test/storm"); }
TEST_F(Checked, NobodyUsesAPoisonedFrame) { expect_success("/test/shootdown 20"); }
TEST_F(Checked, HandWrittenGuestsRun) { expect_success("/test/ringvtest"); }

}  // namespace
}  // namespace machine
