// SPDX-License-Identifier: MIT
/// @file
/// @brief Linux is the oracle: the same static programs on Linux, in ring 3 of Twain, and in the guest.
/// @chapter linux-interface
#include <gtest/gtest.h>
#include <unistd.h>

#include <sstream>

#include "debugger-ui/rsp/error.h"
#include "tests/boot/guest.h"

namespace machine {
namespace {

constexpr const char* kLinuxPrompt = "linux:~# ";
constexpr Seconds kLongRun{300};

/// A shell of this machine's own Linux, on a terminal of its own.
struct LinuxShell {
    LinuxShell() : child(Child::start({"env", "PS1=linux:~# ", "busybox", "sh"}, terminal)) { shell.wait_for_prompt(); }

    Terminal terminal{TerminalSize{}};
    Child child;
    Console console{terminal.master.get()};
    Shell shell{console, kLinuxPrompt};
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

void expect_same_lines(const std::string& linux_text, const std::string& twain_text) {
    const auto here = lines_of(linux_text);
    const auto there = lines_of(twain_text);
    for (usize at = 0; at < std::min(here.size(), there.size()); ++at) {
        EXPECT_EQ(here[at], there[at]) << "line " << at + 1;
        // Two lines that have nothing in common any more: one side lost or gained one, and all that follows would differ.
        if (here[at].substr(0, 6) != there[at].substr(0, 6)) break;
    }
    EXPECT_EQ(here.size(), there.size()) << twain_text.substr(twain_text.size() -
                                                              std::min<usize>(twain_text.size(), 1000));
}

class Programs : public testing::Test {
   protected:
    static void SetUpTestSuite() {
        linux_shell = std::make_unique<LinuxShell>();
        twain_machine = std::make_unique<Machine>(
            twain({.initramfs = "initramfs-test.cpio", .memory = "1G", .words = "mode=host"}));
        twain_machine->shell(kTwainPrompt).wait_for_prompt(Seconds(30));
    }
    static void TearDownTestSuite() {
        twain_machine.reset();
        linux_shell.reset();
    }

    void expect_same_output(const std::string& program, const std::string& arguments = {}) {
        const std::string rest = arguments.empty() ? "; echo \"status $?\"" : " " + arguments + "; echo \"status $?\"";
        const std::string built = std::filesystem::absolute(build_directory() + "/programs/" + program).string();
        const std::string expected = linux_shell->shell.run(built + rest, kLongRun);
        EXPECT_NE(expected.find("status 0"), std::string::npos) << "on Linux: " << expected;
        expect_same_lines(expected, shell.run("/test/" + program + rest, kLongRun));
        EXPECT_EQ(shell.run("echo alive"), "alive\n");
    }

    static inline std::unique_ptr<LinuxShell> linux_shell;
    static inline std::unique_ptr<Machine> twain_machine;
    Shell shell = twain_machine->shell(kTwainPrompt);
};

TEST_F(Programs, NanwanDrawsTheSame) { expect_same_output("nanwan"); }
TEST_F(Programs, BadProgramsGetTheSameSignals) { expect_same_output("badprog", on_bochs() ? "--limit 64 all" : "all"); }
TEST_F(Programs, SystemCallsAnswerTheSame) { expect_same_output("systest"); }
TEST_F(Programs, MemoryStaysAsTheModelSays) {
    expect_same_output("pairstress", "--seed 1 --count 600 --check /proc/twain/check");
    expect_same_output("pairstress", "--seed 2 --count 600 --check /proc/twain/check");
    expect_same_output("pairstress", "--seed 3 --count 600 --check /proc/twain/check");
    expect_same_output("pairstress", "--seed 4 --count 60 --threads 4 --check /proc/twain/check");
}

TEST_F(Programs, AStormOfProcessesEndsWell) { expect_same_output("storm"); }

TEST_F(Programs, MemoryThatRunsOutIsRefused) { expect_same_output("badprog", "oom"); }

/// The characters that a C string literal's inside stands for.
std::string unescaped(const std::string& text) {
    std::string keys;
    for (usize at = 0; at < text.size(); ++at) {
        if (text[at] != '\\' || at + 1 == text.size()) {
            keys += text[at];
            continue;
        }
        switch (text[++at]) {
        case 'n': keys += '\n'; break;
        case 'r': keys += '\r'; break;
        case 'x':
            keys += static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16));
            at += 2;
            break;
        default: keys += text[at];
        }
    }
    return keys;
}

/// Runs ttytest, typing what it asks for as soon as it does; returns all that appeared.
std::string transcript_of_ttytest(Console& console, const std::string& program, const std::string& prompt) {
    console.type(program + "; echo ended\n");
    console.expect("echo ended\r\n");
    std::string transcript;
    for (;;) {
        const auto match = console.expect_match("ttytest: type \"(.*)\"\r\n|\nended\r\n", Seconds(60));
        if (match[1].empty() && match[0].find("ttytest") == std::string::npos) break;
        transcript += match[0];
        console.type(unescaped(match[1]));
    }
    return transcript + console.expect(prompt);
}

TEST_F(Programs, TerminalsBehaveTheSame) {
    Console& here = linux_shell->console;
    Console& there = twain_machine->console();
    const usize here_begin = here.transcript().size();
    const usize there_begin = there.transcript().size();
    const std::string built = std::filesystem::absolute(build_directory() + "/programs/ttytest").string();
    transcript_of_ttytest(here, built, kLinuxPrompt);
    transcript_of_ttytest(there, "/test/ttytest", kTwainPrompt);
    const auto output = [](const std::string& transcript, usize begin) {
        return plain_text(transcript.substr(transcript.find("echo ended", begin)));
    };
    const std::string expected = output(here.transcript(), here_begin);
    expect_same_lines(expected.substr(0, expected.rfind('\n')),
                      output(there.transcript(), there_begin).substr(0, expected.rfind('\n')));
}

TEST(Nanwan, DrawsTheSameInTheGuest) {
    LinuxShell here;
    Guest guest;
    const std::string built = std::filesystem::absolute(build_directory() + "/programs/nanwan").string();
    const std::string picture = here.shell.run(built);
    EXPECT_GT(lines_of(picture).size(), 10u);
    expect_same_lines(picture, guest.shell.run("nanwan"));
}

TEST(TestWord, RunsAProgramAndReportsItsEnd) {
    Machine machine(twain({.initramfs = "initramfs-test.cpio", .words = "test=/test/nanwan"}));
    machine.console().expect("TEST EXIT 0", Seconds(60));
    EXPECT_EQ(machine.wait_for_end(), 0);
}

}  // namespace
}  // namespace machine
