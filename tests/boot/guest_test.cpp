// SPDX-License-Identifier: MIT
/// @file
/// @brief A person in front of `make run`: commands, keys, pastes and power-off in the guest.
/// @chapter testing
#include "tests/boot/guest.h"

#include <gtest/gtest.h>

#include "debugger-ui/rsp/error.h"

namespace machine {
namespace {

/// One boot for all tests that leave the guest as it was.
class InTheGuest : public testing::Test {
   protected:
    InTheGuest() {
        if (!guest) guest = std::make_unique<Guest>();
    }
    // After a failure nobody knows what is still on its way: the next test gets a guest of its own.
    ~InTheGuest() override {
        if (HasFailure()) guest.reset();
    }
    static void TearDownTestSuite() { guest.reset(); }

    /// Starts commands as one job and waits until it has the terminal: keys typed earlier would go to the shell.
    void start(const std::string& commands) {
        console().type("sh -c 'echo started; " + commands + "'\n");
        console().expect("\nstarted\r\n");
    }

    static inline std::unique_ptr<Guest> guest;
    Console& console() { return guest->machine.console(); }
    Shell& shell() { return guest->shell; }
};

TEST_F(InTheGuest, TwentyCommandsAnswerRight) {
    EXPECT_EQ(shell().run("uname -s -m"), "Linux x86_64\n");
    EXPECT_EQ(shell().run("hostname"), "guest\n");
    EXPECT_EQ(shell().run("echo $((6 * 7))"), "42\n");
    EXPECT_EQ(shell().run("grep -c ^processor /proc/cpuinfo"), "1\n");
    EXPECT_EQ(shell().run("ls -l /proc | head -n 1"), "total 0\n");
    EXPECT_EQ(shell().run("seq 100 | grep 7 | wc -l"), "19\n");
    EXPECT_EQ(shell().run("printf 'b\\na\\nc\\n' | sort -r | tr '\\n' ' '; echo"), "c b a \n");
    EXPECT_EQ(shell().run("echo hello | sed s/l/L/g"), "heLLo\n");
    EXPECT_EQ(shell().run("seq 10 | awk '{ s += $1 } END { print s }'"), "55\n");
    EXPECT_EQ(shell().run("dd if=/dev/zero bs=1k count=3 2>/dev/null | wc -c"), "3072\n");
    EXPECT_EQ(shell().run("printf AB | hexdump -C | head -n 1 | cut -c 1-15"), "00000000  41 42\n");
    EXPECT_EQ(shell().run("mkdir -p /tmp/d/e; touch /tmp/d/e/f; find /tmp/d -type f"), "/tmp/d/e/f\n");
    EXPECT_EQ(shell().run("find /tmp/d -type f | xargs -n 1 basename"), "f\n");
    EXPECT_EQ(shell().run("seq 5000 > /tmp/s; gzip -c /tmp/s | gunzip -c | cmp - /tmp/s && echo same"), "same\n");
    EXPECT_EQ(shell().run("tar -cf - -C /tmp d | tar -tf - | tail -n 1"), "d/e/f\n");
    EXPECT_EQ(shell().run("mount | grep -c '^proc on /proc type proc'"), "1\n");
    EXPECT_EQ(shell().run("(exit 3); echo $?"), "3\n");
    EXPECT_EQ(shell().run("sleep 1000 & sleep 1; kill %1; wait $! 2>/dev/null; echo $?").substr(0, 4), "143\n");
    EXPECT_EQ(shell().run("a=$(date +%s); sleep 2; b=$(date +%s); [ $((b - a)) -ge 2 ] && echo slept"), "slept\n");
    EXPECT_EQ(shell().run("for i in 1 2 3; do echo $i; done | md5sum | cut -c 1-8"), "c0710d6b\n");
}

TEST_F(InTheGuest, HasTheMemoryItWasGiven) {
    const int kilobytes = std::stoi(shell().run("awk '/^MemTotal/ { print $2 }' /proc/meminfo"));
    EXPECT_GT(kilobytes, 400 * 1024);
    EXPECT_LT(kilobytes, 512 * 1024);
}

TEST_F(InTheGuest, SeesTheSizeOfTheTerminal) { EXPECT_EQ(shell().run("stty size"), "24 200\n"); }

TEST_F(InTheGuest, KeepsTimeWithTheWorld) {
    const long seconds = std::stol(shell().run("date +%s"));
    EXPECT_NEAR(static_cast<double>(seconds), static_cast<double>(::time(nullptr)), 5);
}

TEST_F(InTheGuest, CtrlCEndsAProgram) {
    start("exec cat");
    console().type("some words\n");
    console().expect("some words\r\nsome words\r\n");
    console().type("\x03");
    console().expect(kGuestPrompt);
    EXPECT_EQ(shell().run("echo $?"), "130\n");
}

TEST_F(InTheGuest, CtrlDEndsInput) {
    start("exec wc -c");
    console().type("12345\n\x04");
    console().expect("6\r\n");
    console().expect(kGuestPrompt);
}

TEST_F(InTheGuest, CtrlZStopsAProgramAndFgContinuesIt) {
    start("sleep 3; echo done");
    console().type("\x1a");
    console().expect("Stopped");
    console().expect(kGuestPrompt);
    EXPECT_NE(shell().run("jobs").find("sh -c"), std::string::npos);
    console().type("fg\n");
    console().expect("\ndone\r\n");
    console().expect(kGuestPrompt);
}

TEST_F(InTheGuest, LosesNothingOfAHundredKilobytesPasted) {
    std::string text;
    for (int line = 0; text.size() < 100'000; ++line)
        text += "line " + std::to_string(line) + " of what is pasted here\n";
    start("stty -echo; cat > /tmp/x; stty echo");
    console().type(text);
    console().type("\x04");
    console().expect(kGuestPrompt, Seconds(60));

    TemporaryDirectory directory;
    const std::string file = (directory.path() / "x").string();
    FILE* out = std::fopen(file.c_str(), "w");
    std::fwrite(text.data(), 1, text.size(), out);
    std::fclose(out);
    const Terminal terminal(TerminalSize{});
    const Child md5sum = Child::start({"md5sum", file}, terminal);
    Console here(terminal.master.get());
    EXPECT_EQ(shell().run("wc -c < /tmp/x"), std::to_string(text.size()) + "\n");
    EXPECT_EQ(shell().run("md5sum < /tmp/x | cut -c 1-32"), here.expect(" ") + "\n");
}

TEST_F(InTheGuest, LosesNothingThatIsEchoed) {
    start("exec cat > /tmp/y");
    std::string text;
    for (int line = 0; line < 300; ++line) text += "echoed " + std::to_string(line) + "\n";
    console().type(text + "\x04");
    console().expect("echoed 299\r\n");
    console().expect(kGuestPrompt);
    EXPECT_EQ(shell().run("wc -lc < /tmp/y | tr -s ' '"), " 300 " + std::to_string(text.size()) + "\n");
}

TEST_F(InTheGuest, PrintsMoreThanAScreenWithoutLoss) {
    const std::string text = shell().run("seq 20000", Seconds(120));
    EXPECT_TRUE(text.ends_with("19999\n20000\n"));
    EXPECT_EQ(text.size(), 108'894u);
}

TEST(Guest, PowersOffTheMachine) {
    Guest guest;
    EXPECT_EQ(guest.power_off(), 0);
    EXPECT_EQ(guest.machine.console().transcript().find("vmm ended"), std::string::npos);
}

TEST(Guest, ShellsEndPowersOffTheMachine) {
    Guest guest;
    guest.machine.console().type("exit\n");
    EXPECT_EQ(guest.machine.wait_for_end(Seconds(30)), 0);
}

TEST(Guest, PanicEndsTheMachineWithAReason) {
    Guest guest;
    guest.machine.console().type("echo c > /proc/sysrq-trigger\n");
    guest.machine.console().expect("twain: vmm ended with status", Seconds(60));
    EXPECT_EQ(guest.machine.wait_for_end(Seconds(30)), 0);
}

class GuestMemory : public testing::TestWithParam<unsigned> {};

TEST_P(GuestMemory, IsAllThere) {
    Guest guest(guest_options(GetParam()));
    const int kilobytes = std::stoi(guest.shell.run("awk '/^MemTotal/ { print $2 }' /proc/meminfo"));
    EXPECT_GT(kilobytes, static_cast<int>(GetParam() * 1024 * 6 / 10));
    EXPECT_EQ(guest.shell.run("seq 1000 | tail -n 1"), "1000\n");
    EXPECT_EQ(guest.power_off(), 0);
}
INSTANTIATE_TEST_SUITE_P(Megabytes, GuestMemory, testing::Values(128, 512, 2048));

TEST(Guest, BootsTenTimesInARow) {
    for (int boot = 1; boot <= 10; ++boot) {
        SCOPED_TRACE("boot " + std::to_string(boot));
        Guest guest;
        ASSERT_EQ(guest.shell.run("echo here"), "here\n");
        ASSERT_EQ(guest.power_off(), 0);
    }
}

}  // namespace
}  // namespace machine
