// SPDX-License-Identifier: MIT
/// @file
/// @brief What a hostile program can do in the sandbox: next to nothing, for not too long, and nothing is left of it.
/// @chapter testing
#include "labs/grade/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "debugger-ui/rsp/error.h"
#include "labs/lab.h"
#include "tests/labs/processes.h"
#include "tests/machine/bochs.h"
#include "tests/machine/child.h"

namespace grading {
namespace {

namespace fs = std::filesystem;

constexpr Limits kSmall{.memory_mib = 200, .seconds = 1, .file_mib = 1, .disk_mib = 3, .processes = 20};

struct Ended {
    machine::ExitStatus status;
    std::string said;
};

/// Runs a script of the shell's in a sandbox.
Ended run(const std::string& script, const std::vector<Shared>& shared = {},
          Sandbox::Network network = Sandbox::Network::None) {
    const machine::TemporaryDirectory scratch;
    const fs::path said = scratch.path() / "said";
    const machine::File nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    // Appending, as both outputs write to it.
    const machine::File file(::open(said.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
    std::vector<std::string> command = Sandbox(Sandbox::Kind::Bubblewrap).prefix(kSmall, shared, network);
    command.insert(command.end(), {"bash", "-c", script});
    machine::Child child =
        machine::Child::start(command, {.input = nothing.get(), .output = file.get(), .errors = file.get()});
    const auto status = child.wait(machine::Deadline(machine::Seconds(60)));
    return {status.value_or(-1), read_file(said)};
}

/// Whether all processes with the word end soon. A namespace's processes end a moment after its first one.
bool all_end(const std::string& word) {
    for (const machine::Deadline deadline{machine::Seconds(20)}; processes_with(word) != 0;) {
        if (deadline.has_passed()) return false;
    }
    return true;
}

/// A number of seconds to sleep that no other process of this computer sleeps.
std::string long_time(unsigned index) {
    return std::to_string(700'000'000 + 10 * ::getpid() + static_cast<int>(index));
}

TEST(Sandbox, WorksHere) { Sandbox(Sandbox::Kind::Bubblewrap).expect_works(); }

TEST(Sandbox, ShowsWhatIsSharedAndNothingElse) {
    const Sandbox sandbox(Sandbox::Kind::Bubblewrap);
    const machine::TemporaryDirectory mine, others;
    for (const machine::TemporaryDirectory* each : {&mine, &others}) {
        write_file(each->path() / "text", "solution\n");
        sandbox.hand_over(each->path());
    }
    const std::vector<Shared> shared{{mine.path()}};
    EXPECT_EQ(run("cat " + (mine.path() / "text").string(), shared).said, "solution\n");
    EXPECT_NE(run("cat " + (others.path() / "text").string(), shared).status, 0);
    EXPECT_NE(run("cat " + (fs::current_path() / "Makefile").string(), shared).status, 0);
    for (const char* file : {"/etc/passwd", "/proc/self/status", "/dev/tty", "/dev/ptmx", "/dev/zero"})
        EXPECT_NE(run(std::string("cat ") + file).status, 0) << file;
    EXPECT_NE(run("echo x >" + (mine.path() / "text").string(), shared).status, 0) << "it is only to be read";
    EXPECT_EQ(read_file(mine.path() / "text"), "solution\n");
    EXPECT_EQ(run("echo x >" + (mine.path() / "text").string(), {{mine.path(), Shared::As::Writable}}).status, 0);
    EXPECT_EQ(read_file(mine.path() / "text"), "x\n");
}

TEST(Sandbox, IsAnotherUsers) {
    const Ended id = run("id -u");
    EXPECT_NE(id.said, std::to_string(::geteuid()) + "\n");
    EXPECT_NE(id.said, "0\n");
    EXPECT_NE(run("mount -t tmpfs none /tmp").status, 0);
    EXPECT_NE(run("kill -9 " + std::to_string(::getpid())).status, 0);
}

TEST(Sandbox, HasNoNetwork) {
    machine::Listener listener;
    const std::string connect = "exec 3<>/dev/tcp/127.0.0.1/" + std::to_string(listener.port());
    EXPECT_NE(run(connect).status, 0);
    EXPECT_EQ(run(connect, {}, Sandbox::Network::Shared).status, 0);
}

TEST(Sandbox, LimitsWhatIsWritten) {
    EXPECT_EQ(run("yes | head -c 1000000 >/tmp/f").status, 0);
    EXPECT_NE(run("yes | head -c 1100000 >/tmp/f").status, 0) << "a large file";
    const std::string files = "for i in 1 2 3; do yes | head -c 1000000 >/tmp/$i || exit 1; done";
    EXPECT_EQ(run(files).status, 0);
    EXPECT_NE(run(files + "; yes | head -c 1000000 >/tmp/4").status, 0) << "too many files";
}

TEST(Sandbox, LimitsMemoryAndTime) {
    EXPECT_EQ(run("dd if=/usr/bin/bash of=/dev/null bs=50M").status, 0);
    EXPECT_NE(run("dd if=/usr/bin/bash of=/dev/null bs=300M").status, 0);
    EXPECT_EQ(run("while :; do :; done").status, 128 + SIGXCPU);
}

TEST(Sandbox, NothingIsLeftOfAForkBomb) {
    // The shell stops where it cannot start any more.
    const std::string time = long_time(0);
    const Ended bomb = run("exec sh -c 'for i in $(seq 100); do sleep " + time + " & done'");
    EXPECT_NE(bomb.said.find("fork"), std::string::npos) << bomb.said;
    EXPECT_TRUE(all_end(time));
    EXPECT_NE(run("b() { b | b & }; b; sleep 1").status, -1);
    EXPECT_EQ(run("sleep " + time + " & sleep " + time + " & exit 3").status, 3);
    EXPECT_TRUE(all_end(time));
}

TEST(Sandbox, EndsWithTheGrader) {
    const machine::File nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    std::vector<std::string> command = Sandbox(Sandbox::Kind::Bubblewrap).prefix(kSmall, {});
    command.insert(command.end(), {"sleep", long_time(1)});
    {
        // Two processes of bubblewrap's, and the program itself.
        const machine::Child child =
            machine::Child::start(command, {.input = nothing.get(), .output = nothing.get(), .errors = nothing.get()});
        for (const machine::Deadline deadline{machine::Seconds(20)}; processes_with(long_time(1)) < 3;)
            ASSERT_FALSE(deadline.has_passed());
    }
    EXPECT_TRUE(all_end(long_time(1)));
}

TEST(Sandbox, SaysWhereThereIsNone) {
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", "/nowhere", 1);
    try {
        Sandbox(Sandbox::Kind::Bubblewrap).expect_works();
        ADD_FAILURE() << "bubblewrap was found";
    } catch (const machine::Error& error) {
        EXPECT_NE(std::string(error.what()).find("--no-sandbox"), std::string::npos) << error.what();
    }
    ::setenv("PATH", path.c_str(), 1);
    Sandbox(Sandbox::Kind::None).expect_works();
}

}  // namespace
}  // namespace grading
