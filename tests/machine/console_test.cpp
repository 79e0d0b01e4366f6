// SPDX-License-Identifier: MIT
/// @file
/// @brief Tests of programs on terminals, with Linux's own as the other side.
/// @chapter testing
#include "tests/machine/console.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include "debugger-ui/rsp/error.h"
#include "tests/machine/child.h"

namespace machine {
namespace {

/// A program on a terminal whose other end is ours alone.
struct Program {
    explicit Program(const std::vector<std::string>& command, TerminalSize size = {})
        : terminal(size), child(Child::start(command, terminal)), console(terminal.master.get()) {
        terminal.slave = File();
    }
    Terminal terminal;
    Child child;
    Console console;
};

TEST(Console, TypesAndExpects) {
    Program sh({"busybox", "sh", "-c", "read -r x; echo \"<$x>\""});
    sh.console.type("twain\n");
    sh.console.expect("<");
    EXPECT_EQ(sh.console.expect(">"), "twain");
}

TEST(Console, MatchesWithGroups) {
    Program sh({"busybox", "sh", "-c", "echo took 12 ms; echo more; sleep 5"});
    EXPECT_EQ(sh.console.expect_match("took ([0-9]+) ms")[1], "12");
    sh.console.expect("more");
}

TEST(Console, SaysWhatItWaitedForAndWhatItSaw) {
    Program sh({"busybox", "sh", "-c", "echo something else; sleep 5"});
    try {
        sh.console.expect("the moon", Seconds(0.5));
        FAIL() << "what never appears was found";
    } catch (const Timeout& timeout) {
        EXPECT_NE(std::string(timeout.what()).find("the moon"), std::string::npos);
        EXPECT_NE(std::string(timeout.what()).find("something else"), std::string::npos);
    }
}

TEST(Console, KeepsNoMoreThanItShould) {
    Program sh({"busybox", "yes"});
    sh.console.keep_at_most(100'000);
    EXPECT_THROW(sh.console.expect("no"), Flood);
    EXPECT_LT(sh.console.transcript().size(), 200'000u);
    EXPECT_THROW(sh.console.drain(), Flood);
}

TEST(Console, NoticesTheProgramsEndBeforeTheDeadline) {
    Program sh({"busybox", "true"});
    EXPECT_THROW(sh.console.expect("never"), Error);
}

TEST(Console, TypesMoreThanATerminalHolds) {
    Program sh({"busybox", "sh", "-c", "stty raw -echo; echo ready; head -c 300000 | md5sum"});
    sh.console.expect("ready");
    sh.console.type(std::string(300000, 'x'));
    sh.console.expect("d408ed46ebcc326f9e7c6bb9c77af1cd");  // of 300,000 times x
}

TEST(Shell, GivesACommandsOutputAlone) {
    Program sh({"env", "PS1=prompt$ ", "busybox", "sh"});
    Shell shell(sh.console, "prompt$ ");
    shell.wait_for_prompt();
    EXPECT_EQ(shell.run("echo one; echo two"), "one\ntwo\n");
    EXPECT_EQ(shell.run("tty -s && stty size"), "24 200\n");
    EXPECT_EQ(shell.status_of("false"), 1);
    EXPECT_EQ(shell.status_of("true"), 0);
}

TEST(Child, ReportsHowAProgramEnded) {
    Program exits({"busybox", "sh", "-c", "exit 7"});
    EXPECT_EQ(exits.child.wait(Deadline(Seconds(5))), 7);
    Program dies({"busybox", "sleep", "100"});
    EXPECT_EQ(dies.child.wait(Deadline(Seconds(0.05))), std::nullopt);
    dies.child.signal(SIGTERM);
    EXPECT_EQ(dies.child.wait(Deadline(Seconds(5))), 128 + SIGTERM);
    Program missing({"/nowhere/nothing"});
    EXPECT_EQ(missing.child.wait(Deadline(Seconds(5))), 127);
}

TEST(Child, DoesNotOutliveItsObject) {
    pid_t pid = 0;
    {
        Program sleeps({"busybox", "sleep", "100"});
        pid = sleeps.child.pid();
        EXPECT_EQ(::kill(pid, 0), 0);
    }
    EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(TemporaryDirectory, IsPrivateAndGoesWithAllThatIsInIt) {
    std::filesystem::path path;
    {
        TemporaryDirectory directory;
        path = directory.path();
        struct stat status {};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, 0700u);
        std::filesystem::create_directories(path / "a" / "b");
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace machine
