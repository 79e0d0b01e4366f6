// SPDX-License-Identifier: MIT
/// @file
/// @brief What `make run` and `make host` start, as a person uses it: at a terminal, in a pipe, and interrupted.
/// @chapter testing
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <cstdlib>
#include <fstream>

#include "debugger-ui/rsp/error.h"
#include "tests/machine/machine.h"

namespace machine {
namespace {

/// The script behind the commands with a temporary directory of its own, to see what it leaves there.
class Run : public testing::Test {
   protected:
    /// Starts a shell command in which `$run` is the script for `make host`.
    Child start(const std::string& command) {
        const std::string accelerator = on_bochs() ? "ACCEL=bochs" : "ACCEL=tcg";
        return Child::start({"env", accelerator, "TMPDIR=" + temporary.path().string(),
                             "run=tests/tools/run-machine host", "sh", "-c", command},
                            terminal);
    }
    ExitStatus end_of(Child& child, Seconds within = Seconds(60)) {
        for (const Deadline deadline(within); !deadline.has_passed();) {
            console.drain();
            const auto status = child.wait(Deadline(Seconds(0.05)));
            if (!status) continue;
            console.drain();
            return *status;
        }
        throw Timeout("still running\n" + console.transcript());
    }
    termios settings() {
        termios now{};
        ::tcgetattr(terminal.slave.get(), &now);
        return now;
    }
    std::size_t files_left() {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(temporary.path())) count += entry.exists();
        return count;
    }
    /// Emulators whose command line names our directory.
    int processes_left() {
        int count = 0;
        for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
            std::ifstream file(entry.path() / "cmdline");
            const std::string words{std::istreambuf_iterator<char>(file), {}};
            count += words.find(temporary.path().string() + "/tmp.") != std::string::npos;
        }
        return count;
    }

    TemporaryDirectory temporary;
    Terminal terminal{TerminalSize{30, 100}};
    Console console{terminal.master.get()};
    const std::string build = build_directory();
};

TEST_F(Run, GivesTheTerminalToTwainAndBack) {
    const termios before = settings();
    Child child = start("$run");
    Shell shell(console, kTwainPrompt);
    shell.wait_for_prompt(Seconds(60));
    EXPECT_EQ(settings().c_lflag & (ECHO | ICANON | ISIG), 0u);
    EXPECT_EQ(shell.run("stty size"), "30 100\n");
    // A job that says when it has the terminal: a key typed earlier would go to the shell.
    console.type("sh -c 'echo started; exec cat'\n");
    console.expect("\nstarted\r");
    console.type("\x03");
    console.expect(kTwainPrompt);
    console.type("poweroff\n");
    EXPECT_EQ(end_of(child), 0);
    EXPECT_EQ(settings().c_lflag, before.c_lflag);
    EXPECT_EQ(settings().c_iflag, before.c_iflag);
    EXPECT_EQ(files_left(), 0u);
    EXPECT_EQ(processes_left(), 0);
}

TEST_F(Run, TakesCommandsFromAPipe) {
    Child child = start("printf 'echo $((6 * 7))\\nseq 300 | tail -n 1\\npoweroff\\n' | $run | cat");
    EXPECT_EQ(end_of(child), 0);
    EXPECT_NE(console.transcript().find("\n42\r"), std::string::npos) << console.transcript();
    EXPECT_NE(console.transcript().find("\n300\r"), std::string::npos) << console.transcript();
    EXPECT_EQ(files_left(), 0u);
}

TEST_F(Run, EndsWithItsInput) {
    Child child = start("echo 'echo here' | $run");
    EXPECT_EQ(end_of(child), 0);
    EXPECT_NE(console.transcript().find("\nhere\r"), std::string::npos) << console.transcript();
}

TEST_F(Run, LeavesNothingWhenItIsEndedFromOutside) {
    const termios before = settings();
    Child child = start("exec $run");
    console.expect(kTwainPrompt, Seconds(60));
    EXPECT_EQ(processes_left() > 0, true);
    child.signal(SIGTERM);
    EXPECT_EQ(end_of(child), 143);
    EXPECT_EQ(settings().c_lflag, before.c_lflag);
    EXPECT_EQ(files_left(), 0u);
    for (const Deadline deadline(Seconds(5)); processes_left() > 0 && !deadline.has_passed();) console.drain();
    EXPECT_EQ(processes_left(), 0);
}

TEST_F(Run, GivesTheTerminalBackAfterAPanic) {
    const termios before = settings();
    const std::filesystem::path broken = temporary.path() / "build";
    std::filesystem::create_directory(broken);
    for (const char* name : {"twain.elf", "bochs-machine"}) {
        std::filesystem::create_symlink(std::filesystem::absolute(build) / name, broken / name);
    }
    std::ofstream(broken / "initramfs.cpio") << "no archive";
    Child child = start("BUILD=" + broken.string() + " $run");
    const ExitStatus status = end_of(child);
    EXPECT_TRUE(status != 0 && status < 128) << status;
    EXPECT_NE(console.transcript().find("Twain panics: "), std::string::npos) << console.transcript();
    EXPECT_NE(console.transcript().find("make host: the machine ended with status"), std::string::npos)
        << console.transcript();
    EXPECT_EQ(settings().c_lflag, before.c_lflag);
    EXPECT_EQ(settings().c_iflag, before.c_iflag);
    std::filesystem::remove_all(broken);
    EXPECT_EQ(files_left(), 0u);
    EXPECT_EQ(processes_left(), 0);
}

TEST_F(Run, GivesTheKernelsStubAPathOfItsOwn) {
    const std::filesystem::path stub = temporary.path() / "stub";
    Child child = start("STUB=" + stub.string() + " $run");
    console.expect(kTwainPrompt, Seconds(60));
    {
        Rsp rsp(Stream::connect(stub, Deadline(Seconds(20))));
        EXPECT_NE(rsp.registers()["cr3"], 0u);
        rsp.detach();
    }
    console.type("poweroff\n");
    EXPECT_EQ(end_of(child), 0);
    EXPECT_EQ(files_left(), 0u);
}

TEST_F(Run, SaysWhatIsMissing) {
    if (!on_bochs()) GTEST_SKIP() << "QEMU is always there";
    Child child = start("PATH=/nowhere /bin/sh tests/tools/run-machine host");
    EXPECT_EQ(end_of(child), 1);
    EXPECT_NE(console.transcript().find("install it with: apt-get install"), std::string::npos) << console.transcript();
}

}  // namespace
}  // namespace machine
