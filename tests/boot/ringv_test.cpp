// SPDX-License-Identifier: MIT
/// @file
/// @brief Ring V itself: the hand-written guests, VMMs that are killed, and machines that lack it.
/// @chapter ring-v
#include <gtest/gtest.h>

#include "tests/boot/guest.h"

namespace machine {
namespace {

Options test_machine(std::vector<std::string> more = {}) {
    return twain({.initramfs = "initramfs-test.cpio", .memory = "1G", .words = "mode=host", .more = std::move(more)});
}

TEST(RingV, KeepsItsPromisesToHandWrittenGuests) {
    Machine machine(test_machine());
    Shell shell = machine.shell(kTwainPrompt);
    shell.wait_for_prompt(kGuestBoot);
    const std::string output = shell.run("/test/ringvtest; echo status $?", Seconds(300));
    EXPECT_EQ(output.find("not ok"), std::string::npos) << output;
    EXPECT_NE(output.find("24 passed, 0 failed\nstatus 0\n"), std::string::npos) << output;
    // Every vCPU is gone with its thread; its exits are still counted.
    const std::string counts = shell.run("cat /proc/vm");
    EXPECT_EQ(counts.substr(0, 4), on_bochs() ? "VMX\n" : "SVM\n");
    EXPECT_EQ(counts.find("thread"), std::string::npos) << counts;
    EXPECT_NE(counts.find("nested-fault"), std::string::npos) << counts;
}

/// A VMM that is killed while its guest runs takes its vCPU along, and the next guest runs.
TEST(RingV, SurvivesVmmsThatAreKilled) {
    Machine machine(test_machine());
    Shell shell = machine.shell(kTwainPrompt);
    shell.wait_for_prompt(kGuestBoot);
    for (int round = 0; round < 5; ++round) {
        shell.run("/test/ringvtest every_2 >/dev/null & sleep 0.2; kill -9 $!; wait $! 2>/dev/null");
    }
    EXPECT_EQ(shell.run("grep -c thread /proc/vm"), "0\n");
    EXPECT_NE(shell.run("/test/ringvtest ports").find("1 passed"), std::string::npos);
}

TEST(RingV, SaysWhatTheMachineLacks) {
    Machine machine(test_machine({"-cpu", "max,la57=off,svm=off"}));
    Shell shell = machine.shell(kTwainPrompt);
    shell.wait_for_prompt(kGuestBoot);
    EXPECT_EQ(shell.run("cat /proc/vm"), "none: neither VMX nor SVM\n");
    const std::string output = shell.run("vmm /guest/vmlinuz; echo status $?");
    EXPECT_NE(output.find("vmm: this machine's processor has no virtualisation"), std::string::npos) << output;
    EXPECT_NE(output.find("status 1\n"), std::string::npos) << output;
    EXPECT_EQ(shell.run("echo alive"), "alive\n");
}

}  // namespace
}  // namespace machine
