// SPDX-License-Identifier: MIT
/// @file
/// @brief The machine library against a machine that is known to work: the guest's Linux bare in QEMU.
/// @chapter testing
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "debugger-ui/rsp/error.h"
#include "tests/machine/machine.h"

namespace machine {
namespace {

/// One boot for all tests that can share it.
class BareLinux : public testing::Test {
   protected:
    static void SetUpTestSuite() {
        linux_machine = std::make_unique<Machine>(bare_linux());
        linux_machine->shell(kGuestPrompt).wait_for_prompt(Seconds(60));
    }
    static void TearDownTestSuite() { linux_machine.reset(); }

    static inline std::unique_ptr<Machine> linux_machine;
    Shell shell = linux_machine->shell(kGuestPrompt);
};

TEST_F(BareLinux, AnswersCommands) {
    EXPECT_EQ(shell.run("uname -s"), "Linux\n");
    EXPECT_EQ(shell.run("echo $((6 * 7))"), "42\n");
}

TEST_F(BareLinux, TellsWhereItsCoresAreWhereNothingComes) {
    std::string message;
    try {
        linux_machine->console().expect("what nobody prints", Seconds(0.1));
    } catch (const Timeout& timeout) { message = timeout.what(); }
    EXPECT_NE(message.find("what nobody prints"), std::string::npos) << message;
    EXPECT_NE(message.find("CPU#0\nRIP="), std::string::npos) << message;
}

TEST_F(BareLinux, StopsGoesOnAndIsReadOverRsp) {
    Rsp& rsp = linux_machine->rsp();
    EXPECT_FALSE(rsp.is_running());
    EXPECT_NE(linux_machine->qmp().execute("query-status").find("\"paused\""), std::string::npos);
    // Linux runs in the upper half or a program below it, always with paging on.
    EXPECT_NE(rsp.registers()["cr0"] & 0x8000'0000, 0u);
    EXPECT_EQ(rsp.registers()["cr3"] & 0xfff, 0u);

    // Kernel text is read the same in one piece as in many.
    const Bytes whole = rsp.read_physical(PhysAddr(0x100'0000), 40'000);
    ASSERT_EQ(whole.size(), 40'000u);
    const Bytes part = rsp.read_physical(PhysAddr(0x100'0000 + 12'345), 100);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 12'345));

    rsp.resume();
    EXPECT_TRUE(rsp.is_running());
    EXPECT_EQ(shell.run("echo alive"), "alive\n");
    EXPECT_EQ(rsp.interrupt().signal, kStopInterrupt);
    EXPECT_NE(rsp.monitor("info registers").find("GDT="), std::string::npos);
    rsp.resume();
}

TEST_F(BareLinux, StopsAtABreakpointAndSteps) {
    const u64 getpid = std::stoull(shell.run("grep ' __x64_sys_getppid$' /proc/kallsyms"), nullptr, 16);
    Rsp& rsp = linux_machine->rsp();
    if (rsp.is_running()) rsp.interrupt();
    rsp.set_breakpoint(VirtAddr(getpid));
    rsp.resume();
    linux_machine->console().type("sh -c 'echo $PPID'\n");
    const auto stop = rsp.wait_for_stop(Seconds(20));
    ASSERT_TRUE(stop);
    EXPECT_EQ(stop->signal, kStopTrap);
    EXPECT_EQ(rsp.registers()["rip"], getpid);
    // Going on from a breakpoint does not stop there at once again.
    rsp.resume();
    linux_machine->console().expect(kGuestPrompt);
    linux_machine->console().type("sh -c 'echo $PPID'\n");
    ASSERT_TRUE(rsp.wait_for_stop(Seconds(20)));
    const Bytes code = rsp.read(VirtAddr(getpid), 16);
    EXPECT_EQ(code.size(), 16u);
    rsp.clear_breakpoint(VirtAddr(getpid));
    rsp.step();
    EXPECT_NE(rsp.registers()["rip"], getpid);
    rsp.resume();
    linux_machine->console().expect(kGuestPrompt);
}

TEST_F(BareLinux, WritesRegistersAndMemory) {
    Rsp& rsp = linux_machine->rsp();
    if (rsp.is_running()) rsp.interrupt();
    const PhysAddr scratch(0x9000);
    const Bytes before = rsp.read_physical(scratch, 8);
    rsp.write_physical(scratch, Bytes{1, 2, 3, 4, 5, 6, 7, 8});
    EXPECT_EQ(rsp.read_physical_u64(scratch), 0x0807'0605'0403'0201u);
    rsp.write_physical(scratch, before);

    const u64 r15 = rsp.registers()["r15"];
    rsp.write_register("r15", 0x1122'3344'5566'7788);
    EXPECT_EQ(rsp.registers()["r15"], 0x1122'3344'5566'7788u);
    rsp.write_register("r15", r15);
    rsp.resume();
    EXPECT_EQ(shell.run("echo unharmed"), "unharmed\n");
}

TEST(Machine, EndsByItselfWhenItIsSwitchedOff) {
    Machine linux_machine(bare_linux());
    Shell shell = linux_machine.shell(kGuestPrompt);
    shell.wait_for_prompt(Seconds(60));
    linux_machine.console().type("poweroff\n");
    EXPECT_EQ(linux_machine.wait_for_end(), 0);
}

TEST(Machine, LeavesNeitherProcessNorFile) {
    const auto count = [] {
        std::size_t found = 0;
        for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::temp_directory_path())) {
            found += entry.path().filename().string().starts_with("twain-");
        }
        return found;
    };
    const std::size_t before = count();
    pid_t pid = 0;
    {
        Machine linux_machine(bare_linux());
        pid = linux_machine.pid();
        linux_machine.rsp();
        EXPECT_EQ(count(), before + 1);
    }
    EXPECT_EQ(::kill(pid, 0), -1);
    EXPECT_EQ(count(), before);
}

TEST(Machine, PassesOnWhatQemuComplainsAbout) {
    try {
        Machine nothing(bare_linux({.more = {"-device", "no-such-device"}}));
        FAIL() << "QEMU started";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("no-such-device"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace machine
