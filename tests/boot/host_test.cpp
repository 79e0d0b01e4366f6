// SPDX-License-Identifier: MIT
/// @file
/// @brief A person in front of `make host`: Twain's own shell, and the VMM started by hand, rightly and wrongly.
/// @chapter testing
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/boot/guest.h"

namespace machine {
namespace {

class TwainShell : public testing::Test {
   protected:
    TwainShell() {
        if (twain_machine) return;
        twain_machine = std::make_unique<Machine>(twain({.memory = "1G", .words = "mode=host"}));
        twain_machine->shell(kTwainPrompt).wait_for_prompt(Seconds(30));
    }
    // After a failure nobody knows what is still on its way: the next test gets a machine of its own.
    ~TwainShell() override {
        if (HasFailure()) twain_machine.reset();
    }
    static void TearDownTestSuite() { twain_machine.reset(); }

    /// Runs a command that must fail: with one line that contains `reason`, and the shell going on.
    void expect_refused(const std::string& command, const std::string& reason) {
        SCOPED_TRACE(command);
        const std::string text = shell().run(command + "; echo \"status $?\"", Seconds(60));
        EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
        EXPECT_NE(text.find(reason), std::string::npos) << text;
        EXPECT_EQ(text.find("status 0"), std::string::npos) << text;
        EXPECT_EQ(shell().run("echo alive"), "alive\n");
    }

    static inline std::unique_ptr<Machine> twain_machine;
    Console& console() { return twain_machine->console(); }
    Shell shell() { return twain_machine->shell(kTwainPrompt); }
};

TEST_F(TwainShell, AnswersEverydayCommands) {
    EXPECT_EQ(shell().run("echo $((6 * 7))"), "42\n");
    EXPECT_EQ(shell().run("seq 100 | grep 7 | wc -l"), "19\n");
    EXPECT_EQ(shell().run("printf 'b\\na\\n' | sort | tr '\\n' ' '; echo"), "a b \n");
    EXPECT_EQ(shell().run("echo hello | sed s/l/L/g"), "heLLo\n");
    EXPECT_EQ(shell().run("seq 10 | awk '{ s += $1 } END { print s }'"), "55\n");
    EXPECT_EQ(shell().run("mkdir -p /tmp/d/e; touch /tmp/d/e/f; find /tmp/d -type f | xargs -n 1 basename"), "f\n");
    EXPECT_EQ(shell().run("seq 5000 > /tmp/s; gzip -c /tmp/s | gunzip -c | cmp - /tmp/s && echo same"), "same\n");
    EXPECT_EQ(shell().run("tar -cf - -C /tmp d | tar -tf - | tail -n 1"), "d/e/f\n");
    EXPECT_EQ(shell().run("dd if=/dev/zero bs=1k count=3 2>/dev/null | wc -c"), "3072\n");
    EXPECT_EQ(shell().run("printf AB | hexdump -C | head -n 1 | cut -c 1-15"), "00000000  41 42\n");
    EXPECT_NE(shell().run("ps").find(" 1 "), std::string::npos);
    EXPECT_NE(shell().run("mount").find("/proc"), std::string::npos);
    EXPECT_EQ(shell().run("(exit 3); echo $?"), "3\n");
    EXPECT_EQ(shell().run("stty size"), "24 200\n");
}

TEST_F(TwainShell, HasJobControl) {
    // A job that says when it has the terminal: keys typed earlier would go to the shell.
    console().type("sh -c 'echo started; exec cat'\n");
    console().expect("\nstarted\r\n");
    console().type("\x03");
    console().expect(kTwainPrompt);
    console().type("sh -c 'echo started; sleep 3; echo done'\n");
    console().expect("\nstarted\r\n");
    console().type("\x1a");
    console().expect("Stopped");
    console().expect(kTwainPrompt);
    EXPECT_NE(shell().run("jobs").find("Stopped"), std::string::npos);
    console().type("fg\n");
    console().expect("\ndone\r\n");
    console().expect(kTwainPrompt);
}

TEST_F(TwainShell, RefusesWhatIsNoKernel) {
    expect_refused("vmm", "");
    expect_refused("vmm /nowhere", "/nowhere");
    expect_refused("vmm /guest", "/guest");
    shell().run("head -c 100000 /guest/vmlinuz > /tmp/truncated");
    expect_refused("vmm /tmp/truncated", "/tmp/truncated");
    shell().run("head -c 300000 /dev/urandom > /tmp/random");
    expect_refused("vmm /tmp/random", "/tmp/random");
    expect_refused("vmm /dev/null", "/dev/null");
}

TEST_F(TwainShell, RefusesWhatDoesNotFit) {
    expect_refused("vmm --memory 1M /guest/vmlinuz", "1M");
    expect_refused("vmm --memory much /guest/vmlinuz", "much");
    shell().run("dd if=/dev/zero of=/tmp/large bs=1M count=140 2>/dev/null", Seconds(60));
    expect_refused("vmm --memory 128M --initrd /tmp/large /guest/vmlinuz", "/tmp/large");
    shell().run("rm /tmp/large");
    expect_refused("vmm --initrd /nowhere /guest/vmlinuz", "/nowhere");
}

TEST_F(TwainShell, RefusesAnUnknownOption) {
    expect_refused("vmm --frobnicate /guest/vmlinuz", "--frobnicate");
    EXPECT_NE(shell().run("vmm --help").find("usage"), std::string::npos);
}

TEST_F(TwainShell, StartsAGuestByHandAndComesBack) {
    for (int boot = 1; boot <= 2; ++boot) {
        console().type("vmm --initrd /guest/initrd /guest/vmlinuz; echo \"ended $?\"\n");
        console().expect(kGuestPrompt, kGuestBoot);
        console().type("uname -s; poweroff\n");
        console().expect("Linux\r\n");
        console().expect("ended 0", Seconds(30));
        console().expect(kTwainPrompt);
        // The terminal is as it was: it echoes, and Ctrl-C is a signal again.
        EXPECT_EQ(shell().run("echo back"), "back\n");
    }
}

TEST_F(TwainShell, TellsWhyAGuestWasLeft) {
    console().type("vmm --stats --initrd /guest/initrd /guest/vmlinuz; echo \"ended $?\"\n");
    console().expect(kGuestPrompt, kGuestBoot);
    console().type("poweroff\n");
    const auto faults = console().expect_match("nested-fault +kernel +([0-9]+) +vmm", Seconds(30));
    EXPECT_GT(std::stoi(faults[1]), 20) << "one for every 2 MiB that the guest touched";
    console().expect("ended 0");
    console().expect(kTwainPrompt);
}

TEST_F(TwainShell, ReportsACrashOfTheGuestAndBootsTheNext) {
    console().type("vmm --initrd /guest/initrd /guest/vmlinuz; echo \"ended $?\"\n");
    console().expect(kGuestPrompt, kGuestBoot);
    console().type("echo c > /proc/sysrq-trigger\n");
    EXPECT_NE(console().expect_match("ended ([0-9]+)", Seconds(60))[1], "0");
    console().expect(kTwainPrompt);
    EXPECT_EQ(shell().run("echo alive"), "alive\n");
}

TEST(Twain, RestartingEndsAnEmulatedMachine) {
    Machine twain_machine(twain({.words = "mode=host"}));
    twain_machine.shell(kTwainPrompt).wait_for_prompt(Seconds(30));
    twain_machine.console().type("reboot -f\n");
    EXPECT_EQ(twain_machine.wait_for_end(), 0);
}

TEST(Twain, ShellsEndPowersOff) {
    Machine twain_machine(twain({.words = "mode=host"}));
    twain_machine.shell(kTwainPrompt).wait_for_prompt(Seconds(30));
    twain_machine.console().type("exit\n");
    EXPECT_EQ(twain_machine.wait_for_end(), 0);
}

}  // namespace
}  // namespace machine
