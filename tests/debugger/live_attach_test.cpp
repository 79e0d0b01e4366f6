// SPDX-License-Identifier: MIT
/// @file
/// @brief The debugger and machines that it leaves, that end, that go away, and that are not the ones it was told of.
/// @chapter observability
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <fstream>

#include "tests/debugger/live.h"

namespace machine {
namespace {

using Live = LiveTest;

TEST_F(Live, LeavesTheMachineRunningAndComesBack) {
    start(Memory::Shared);
    EXPECT_NE(ask("wait-stop 120\nprint state\ndetach\nprint state").find("detached: the machine runs on"),
              std::string::npos);
    machine_->console().expect(kGuestPrompt, Seconds(120));
    const std::string again = ask("attach\nprint state\nprint check", Seconds(60));
    EXPECT_NE(again.find("stopped by connecting"), std::string::npos) << again;
    EXPECT_NE(again.find(" 0 lost"), std::string::npos) << again;
    EXPECT_NE(again.find(" 0 violations"), std::string::npos) << again;
    ask("run\ndetach");
    EXPECT_EQ(machine_->shell(kGuestPrompt).run("echo $((6 * 7))"), "42\n");
    machine_->signal(SIGKILL);
    machine_->wait_for_end();
    console_->type("attach\n");
    ASSERT_EQ(debugger_->wait(Deadline(Seconds(60))), ExitStatus(1)) << "it hangs, or sees a machine that is none";
    console_->drain();
    EXPECT_NE(console_->transcript().find("the machine is gone: "), std::string::npos) << console_->transcript();
}

TEST_F(Live, SurvivesACutConnectionAndSoDoesTheMachine) {
    machine_ = std::make_unique<Machine>(twain({.words = "mode=guest bigpages=off"}));
    machine_->console().expect(kGuestPrompt, Seconds(120));
    const auto path = directory_.path() / "between";
    File line(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    machine_->stub().string().copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(::connect(line.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    auto between = std::make_unique<Relay>(path, line.get());
    debug(path.string(), {});
    EXPECT_NE(ask("print state\nrun\nprint state").find(" vmm; "), std::string::npos);
    between.reset();
    line = File();
    console_->type("stop\nprint state\n");
    ASSERT_EQ(debugger_->wait(Deadline(Seconds(60))), ExitStatus(1)) << "the debugger hangs on a dead line";
    console_->drain();
    EXPECT_NE(console_->transcript().find("closed the connection"), std::string::npos) << console_->transcript();
    // The next one finds the machine where it was left.
    debug(machine_->stub(), {});
    const std::string again = ask("print state\nprint check\nrun");
    EXPECT_NE(again.find(" 0 violations"), std::string::npos) << again;
    EXPECT_EQ(machine_->shell(kGuestPrompt).run("echo $((6 * 7))"), "42\n");
}

TEST_F(Live, RefusesSymbolsOfAnotherKernel) {
    const auto other = directory_.path() / "other.elf";
    std::filesystem::copy_file(build_directory() + "/twain.elf", other);
    const auto expect_refusal = [&] {
        debug(machine_->stub(), {"--kernel", other.string()});
        ASSERT_EQ(debugger_->wait(Deadline(Seconds(60))), ExitStatus(1));
        console_->drain();
        const std::string said = plain_text(console_->transcript());
        EXPECT_NE(said.find("the machine runs another kernel than the one of these symbols: build "), std::string::npos)
            << said;
        EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
    };
    // Before its first instruction, when only its image is there, and long after.
    machine_ = std::make_unique<Machine>(twain({.words = "mode=guest", .more = {"-S"}}));
    debug(machine_->stub(), {"--kernel", other.string()});
    ask("print state\nrun");
    machine_->console().expect(kGuestPrompt, Seconds(120));
    console_->type("\x04");
    ASSERT_EQ(debugger_->wait(Deadline(Seconds(60))), ExitStatus(0)) << "the same kernel in another place";
    std::fstream file(other, std::ios::in | std::ios::out | std::ios::binary);
    const std::string image{std::istreambuf_iterator<char>(file), {}};
    const std::string id = image.substr(image.find(std::string("\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0", 16)) + 16, 20);
    file.seekp(static_cast<std::streamoff>(image.find(id) + 19));
    file.put(static_cast<char>(id[19] ^ 1));
    file.close();
    expect_refusal();
    machine_ = std::make_unique<Machine>(twain({.words = "mode=guest", .more = {"-S"}}));
    expect_refusal();
}

TEST_F(Live, LetsTheMachineGoOnWhenItLeaves) {
    start(Memory::Shared);
    ask("wait-stop 120\nprint state");
    console_->type("\x04");
    ASSERT_EQ(debugger_->wait(Deadline(Seconds(60))), ExitStatus(0));
    machine_->console().expect(kGuestPrompt, Seconds(120));
}

TEST_F(Live, WorksByTheStubAloneAndOutlivesTheMachine) {
    start(Memory::ByStub);
    const std::string first =
        ask("wait-stop 120\nprint state\nprint check\nbreak PageTables::map\nrun\nwait-stop 60\nprint "
            "state\nstepi\nprint registers");
    EXPECT_NE(first.find("nested fault: the guest wants to"), std::string::npos) << first;
    EXPECT_NE(first.find(" 0 violations"), std::string::npos) << first;
    EXPECT_NE(first.find("breakpoint at PageTables::map"), std::string::npos) << first;
    EXPECT_NE(first.find("cr3"), std::string::npos) << first;
    EXPECT_NE(ask("break PageTables::map\nrun\nwait-faults 7000 120\nprint state").find("0 lost"), std::string::npos);
    machine_->signal(SIGKILL);
    console_->type("stop\nprint state\n");
    const auto status = debugger_->wait(Deadline(Seconds(60)));
    ASSERT_TRUE(status) << "the debugger hangs on a dead machine";
    EXPECT_EQ(*status, 1);
    console_->drain();
    EXPECT_NE(console_->transcript().find("the machine is gone"), std::string::npos) << console_->transcript();
}

/// Where the open files of a process lie that has all of `words` on its command line; empty: there is none.
std::vector<std::string> open_files_of_process(const std::string& words) {
    std::error_code gone;
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        std::ifstream file(entry.path() / "cmdline");
        const std::string line{std::istreambuf_iterator<char>(file), {}};
        if (line.find("qemu-system") != 0 || line.find(words) == line.npos) continue;
        for (const auto& open : std::filesystem::directory_iterator(entry.path() / "fd", gone))
            names.push_back(std::filesystem::read_symlink(open, gone));
    }
    return names;
}

TEST_F(Live, LeavesNoMemoryBehindWhenItIsKilled) {
    Terminal outside(TerminalSize{});
    terminal_ = std::make_unique<Terminal>(TerminalSize{});
    Child child =
        Child::start({"env", "ACCEL=tcg", "TMPDIR=" + directory_.path().string(), "DEBUG_OPTIONS=--headless --script -",
                      "GUEST_MEM=128M", std::string("DEBUG_TERMINAL=") + ::ptsname(terminal_->master.get()),
                      "tests/tools/run-machine", "debug"},
                     outside);
    console_ = std::make_unique<Console>(terminal_->master.get());
    EXPECT_NE(ask("wait-stop 120\nprint state").find("nested fault: "), std::string::npos);
    std::string memory;
    for (const std::string& name : open_files_of_process(directory_.path().string())) {
        if (name.find("/twain-") != name.npos || name.find("/ram") != name.npos) memory = name;
    }
    EXPECT_NE(memory, "");
    EXPECT_TRUE(memory.ends_with(" (deleted)")) << memory;
    child.signal(SIGKILL);
    ASSERT_TRUE(child.wait(Deadline(Seconds(10))));
    for (const Deadline end(Seconds(20)); !open_files_of_process(directory_.path().string()).empty();)
        ASSERT_FALSE(end.has_passed()) << "the machine outlives it";
}

}  // namespace
}  // namespace machine
