// SPDX-License-Identifier: MIT
/// @file
/// @brief Starting, waiting for and ending programs.
/// @chapter testing
#include "tests/machine/child.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "debugger-ui/rsp/error.h"

namespace machine {
namespace {

/// In the new process, between fork and exec. Returns only when the program cannot be executed.
void become(const std::vector<char*>& arguments, const Child::Standard& standard, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // it died before the line above
    ::setsid();
    ::ioctl(standard.input, TIOCSCTTY, 0);  // fails where it is no terminal
    ::dup2(standard.input, 0);
    ::dup2(standard.output, 1);
    ::dup2(standard.errors, 2);
    ::signal(SIGPIPE, SIG_DFL);
    ::execvp(arguments[0], arguments.data());
}

}  // namespace

Terminal::Terminal(TerminalSize size) {
    winsize window{size.rows, size.columns, 0, 0};
    int ends[2];
    if (::openpty(&ends[0], &ends[1], nullptr, nullptr, &window) != 0) throw error_from_errno("cannot make a terminal");
    master = File(ends[0]);
    slave = File(ends[1]);
    for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
}

Child Child::start(const std::vector<std::string>& command, const Terminal& terminal,
                   const std::filesystem::path& errors) {
    const int slave = terminal.slave.get();
    if (errors.empty()) return start(command, {.input = slave, .output = slave, .errors = slave});
    const File file(::open(errors.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
    return start(command, {.input = slave, .output = slave, .errors = file.get()});
}

Child Child::start(const std::vector<std::string>& command, const Standard& standard) {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);

    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) throw error_from_errno("cannot start " + command[0]);
    if (pid == 0) {
        become(arguments, standard, parent);
        ::_exit(127);
    }
    return Child(pid);
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), status_(other.status_) {}

Child::~Child() {
    if (pid_ < 0 || status_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

void Child::signal(int number) {
    if (!has_ended()) ::kill(pid_, number);
}

std::optional<ExitStatus> Child::wait(const Deadline& deadline) {
    if (status_) return status_;
    // A pidfd becomes readable when its process ends.
    const File process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!process) throw error_from_errno("cannot watch process " + std::to_string(pid_));
    if (!wait_readable(process.get(), deadline)) return std::nullopt;
    int raw = 0;
    ::waitpid(pid_, &raw, 0);
    status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
    return status_;
}

}  // namespace machine
