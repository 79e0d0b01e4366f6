// SPDX-License-Identifier: MIT
/// @file
/// @brief Guests of several processors, on fewer, as many and more cores of Twain.
/// @chapter testing
#include <gtest/gtest.h>

#include "tests/boot/guest.h"

namespace machine {
namespace {

struct Counts {
    unsigned vcpus;
    unsigned cores;
};

Options many(Counts counts, const std::string& more = "") {
    return twain({.memory = "1G",
                  .cores = counts.cores,
                  .words = "mode=guest guest_mem=512M vcpus=" + std::to_string(counts.vcpus) + more});
}

class GuestVcpus : public testing::TestWithParam<Counts> {
   protected:
    std::string processor(unsigned number) const { return "/sys/devices/system/cpu/cpu" + std::to_string(number); }
    const unsigned vcpus_ = GetParam().vcpus;
    Guest guest{many(GetParam())};
};

TEST_P(GuestVcpus, AreThereWorkAndCanBeTakenAway) {
    Shell& shell = guest.shell;
    EXPECT_EQ(shell.run("nproc"), std::to_string(vcpus_) + "\n");
    EXPECT_EQ(shell.run("dmesg | grep -iE 'tsc.*unstable|stall|lockup|cut here'"), "");
    // Twice as many jobs as processors; all come to the same end, and every processor has had its interrupts.
    EXPECT_EQ(
        shell.run("sh -c 'for job in $(seq " + std::to_string(2 * vcpus_) +
                      "); do cat /bin/busybox /bin/busybox /bin/busybox | md5sum & done; wait' | sort | uniq -c | "
                      "awk '{ print $1 }'",
                  Seconds(120)),
        std::to_string(2 * vcpus_) + "\n");
    EXPECT_EQ(
        shell.run("awk '/^ *LOC/ { for (i = 2; i <= NF && $i ~ /^[0-9]+$/; i++) working += $i > 0; print working }' "
                  "/proc/interrupts"),
        std::to_string(vcpus_) + "\n");

    // Away and back: INIT and a start-up IPI to a processor that ran.
    const std::string last = processor(vcpus_ - 1) + "/online";
    EXPECT_EQ(shell.run("echo 0 >" + last + "; nproc; echo 1 >" + last + "; nproc", Seconds(60)),
              std::to_string(vcpus_ - 1) + "\n" + std::to_string(vcpus_) + "\n");
    const std::string mask = std::to_string(1U << (vcpus_ - 1));
    EXPECT_EQ(shell.run("taskset " + mask + " sh -c 'cat /bin/busybox | md5sum' | cut -c 33-"), "  -\n");

    // Off from the last processor.
    guest.machine.console().type("taskset " + mask + " poweroff\n");
    EXPECT_EQ(guest.machine.wait_for_end(Seconds(60)), 0);
}

INSTANTIATE_TEST_SUITE_P(Of, GuestVcpus, testing::Values(Counts{2, 1}, Counts{2, 2}, Counts{4, 2}, Counts{3, 4}),
                         [](const auto& instance) {
                             return std::to_string(instance.param.vcpus) + "On" + std::to_string(instance.param.cores);
                         });

TEST(GuestVcpus, PanicOfAnyEndsTheMachine) {
    Guest guest(many({2, 2}));
    guest.machine.console().type("taskset 2 sh -c 'echo c >/proc/sysrq-trigger'\n");
    guest.machine.wait_for_end(Seconds(60));
    const std::string& text = guest.machine.console().transcript();
    EXPECT_NE(text.find("vmm: the guest reset its machine without shutting it down, as after a panic, at RIP"),
              std::string::npos)
        << text;
}

}  // namespace
}  // namespace machine
