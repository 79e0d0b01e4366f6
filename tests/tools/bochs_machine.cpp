// SPDX-License-Identifier: MIT
/// @file
/// @brief bochs-machine DIRECTORY IMAGE MEGABYTES CORES [STUB]: boots IMAGE in Bochs, this terminal being its first serial port.
/// @chapter booting
///
/// Puts its files into DIRECTORY, among them `log`, all that the machine said. Leaves the terminal in raw mode: whoever calls
/// it knows what the terminal was like before. At the path STUB the machine's second serial port listens, for gdb. Exit status 0: the machine was switched off or started anew.
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "debugger-ui/rsp/error.h"
#include "tests/machine/bochs.h"
#include "tests/machine/relay.h"

namespace {

using namespace machine;

void make_terminal_raw() {
    termios settings;
    if (::tcgetattr(STDIN_FILENO, &settings) != 0) return;
    settings.c_iflag &= ~static_cast<tcflag_t>(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    settings.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &settings);
}

void write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) return;
        if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

/// What moves between the terminal and the machine's serial port.
class Bridge {
   public:
    Bridge(int console, int log) : console_(console), log_(log) {}

    /// Moves what can be moved, waiting a moment for it. False: the machine has closed its port.
    bool move() {
        std::array<pollfd, 2> ends{pollfd{input_, POLLIN, 0}, pollfd{console_, POLLIN, 0}};
        // What is typed before the machine says its first word waits: firmware and kernel would lose bytes while they set
        // the port up.
        if (!has_spoken_ || !keys_.empty()) ends[0].fd = -1;
        if (!keys_.empty()) ends[1].events |= POLLOUT;
        if (::poll(ends.data(), ends.size(), 200) <= 0) return true;
        if (ends[0].revents) read_keys();
        if (ends[1].revents & POLLOUT) send_keys();
        return !(ends[1].revents & (POLLIN | POLLHUP | POLLERR)) || show();
    }

   private:
    void read_keys() {
        const ssize_t got = ::read(input_, buffer_.data(), 256);
        if (got > 0) keys_.assign(buffer_.data(), static_cast<std::size_t>(got));
        if (got == 0 || (got < 0 && errno != EINTR)) input_ = -1;
    }
    void send_keys() {
        const ssize_t sent = ::write(console_, keys_.data(), keys_.size());
        if (sent > 0) keys_.erase(0, static_cast<std::size_t>(sent));
    }
    bool show() {
        const ssize_t got = ::read(console_, buffer_.data(), buffer_.size());
        if (got <= 0) return got < 0 && errno == EINTR;
        has_spoken_ = true;
        const std::string_view text(buffer_.data(), static_cast<std::size_t>(got));
        write_all(STDOUT_FILENO, text);
        write_all(log_, text);
        return true;
    }

    int input_ = STDIN_FILENO, console_, log_;
    bool has_spoken_ = false;
    std::string keys_;
    std::array<char, 16384> buffer_;
};

ExitStatus run(const std::filesystem::path& directory, const BochsOptions& options, const char* stub) {
    Bochs bochs(options, directory);
    std::optional<Relay> relay;
    if (stub) relay.emplace(stub, bochs.second_port());
    make_terminal_raw();
    const File log(::open((directory / "log").c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600));
    Deadline look(Seconds(1));
    for (Bridge bridge(bochs.console(), log.get()); bridge.move();) {
        if (!look.has_passed()) continue;
        if (bochs.has_restarted()) return 0;
        look = Deadline(Seconds(1));
    }
    const auto raw = bochs.child().wait(Deadline(Seconds(20)));
    const ExitStatus status = raw ? bochs.end_status(*raw) : 1;
    if (status != 0) std::fprintf(stderr, "%s", bochs.messages().c_str());
    return status;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 5 && count != 6) {
        std::fprintf(stderr, "usage: bochs-machine DIRECTORY IMAGE MEGABYTES CORES [STUB]\n");
        return 2;
    }
    try {
        return run(arguments[1],
                   {.image = arguments[2],
                    .megabytes = static_cast<unsigned>(std::strtoul(arguments[3], nullptr, 10)),
                    .cores = static_cast<unsigned>(std::strtoul(arguments[4], nullptr, 10)),
                    .idle = BochsOptions::Idle::KeepsTime},
                   count == 6 ? arguments[5] : nullptr);
    } catch (const Error& error) {
        std::fprintf(stderr, "bochs-machine: %s\n", error.what());
        return 1;
    }
}
