// SPDX-License-Identifier: MIT
/// @file
/// @brief Machines of one, two, four and eight cores: all are there, all work, and none gets in another's way.
/// @chapter testing
#include <gtest/gtest.h>

#include "tests/boot/guest.h"

namespace machine {
namespace {

constexpr Seconds kLongRun{300};

class Cores : public testing::TestWithParam<unsigned> {
   protected:
    Cores() { shell.wait_for_prompt(Seconds(60)); }
    void expect_success(const std::string& command) {
        const std::string output = shell.run(command + "; echo status $?", kLongRun);
        EXPECT_NE(output.find("status 0\n"), std::string::npos) << output;
        EXPECT_EQ(shell.run("echo alive"), "alive\n");
    }

    const std::string count = std::to_string(GetParam());
    Machine machine{twain({.initramfs = "initramfs-test.cpio", .memory = "1G", .cores = GetParam()})};
    Shell shell = machine.shell(kTwainPrompt);
};

TEST_P(Cores, AreAllThereAndWork) {
    EXPECT_EQ(shell.run("nproc"), count + "\n");
    EXPECT_EQ(shell.run("grep -c ^processor /proc/cpuinfo"), count + "\n");
    EXPECT_EQ(shell.run("grep -c ^cpu[0-9] /proc/stat"), count + "\n");
    // One thing to compute for each core: after that, none has idled all the time.
    shell.run("for i in $(seq " + count + "); do (i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done) & done; wait",
              kLongRun);
    const std::string busy = "awk '/^cpu[0-9]/ && $2 > 0' /proc/stat | wc -l";
    EXPECT_EQ(shell.run(busy), count + "\n");
    machine.console().type("poweroff\n");
    EXPECT_EQ(machine.wait_for_end(), 0);
}

TEST_P(Cores, CarryAStorm) { expect_success("/test/storm --rounds 2 --damaged 20"); }

/// Fewer rounds where each waits for more threads to have had a turn, and in Bochs.
TEST_P(Cores, ForgetTranslationsOfPagesThatAreGone) {
    expect_success("/test/shootdown " + std::to_string((on_bochs() ? 20 : 80) / GetParam()));
}

TEST_P(Cores, KeepMemoryAsTheModelSays) {
    if (GetParam() == 8) GTEST_SKIP() << "eight threads on two processors wait for each other's turns most of the time";
    expect_success("/test/pairstress --seed 6 --count " + std::string(on_bochs() ? "12" : "40") +
                   " --threads 4 --check /proc/twain/check");
}

TEST_P(Cores, HaveOneClock) { expect_success("/test/systest clock-monotonic"); }

TEST_P(Cores, InterruptComputingGuests) {
    if (on_bochs()) GTEST_SKIP() << "guests in Bochs have tests of their own";
    expect_success("/test/ringvtest interrupt");
    expect_success("/test/ringvtest keep_off");
}

INSTANTIATE_TEST_SUITE_P(Machine, Cores, testing::Values(1u, 2u, 4u, 8u), testing::PrintToStringParamName());

/// The vCPU, the VMM's other threads and the shell each find a core.
TEST(CoresUnderAGuest, BootItAndPowerOff) {
    for (const unsigned cores : {2u, 4u}) {
        SCOPED_TRACE(cores);
        Options options = twain({.memory = "1G", .cores = cores, .words = "mode=guest guest_mem=512M"});
        Guest guest(options);
        EXPECT_EQ(guest.shell.run("nproc"), "1\n");
        EXPECT_EQ(guest.shell.run("seq 5000 | md5sum | cut -c 1-8"), "a5a208cd\n");
        EXPECT_EQ(guest.power_off(), 0);
    }
}

}  // namespace
}  // namespace machine
