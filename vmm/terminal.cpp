// SPDX-License-Identifier: MIT
/// @file
/// @brief The user's terminal while a guest owns it: raw mode, its size, its signals, and back as it was.
/// @chapter virtio
#include "vmm/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "vmm/failure.h"

namespace vmm {
namespace {

// What signal handlers need; set while a Terminal lives.
const WakePipe* wake_for_signals = nullptr;
termios modes_before;
bool restore_modes = false;

constexpr std::array kMessages{SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGWINCH};
constexpr std::array kCrashes{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

void restore_terminal() {
    if (restore_modes) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &modes_before);
}

void send_message(int signal) {
    if (wake_for_signals != nullptr) wake_for_signals->send(static_cast<std::uint8_t>(signal));
}

/// A crash of the VMM itself: the terminal first, then what would have happened.
void restore_and_crash(int signal) {
    restore_terminal();
    ::signal(signal, SIG_DFL);
    ::raise(signal);
}

void install(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    ::sigaction(signal, &action, nullptr);
}

}  // namespace

WakePipe::WakePipe() {
    if (::pipe2(ends_, O_CLOEXEC | O_NONBLOCK) != 0)
        throw Failure(std::string("cannot make a pipe: ") + std::strerror(errno));
}

WakePipe::~WakePipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
}

void WakePipe::send(std::uint8_t message) const {
    const int saved = errno;
    [[maybe_unused]] const ssize_t written = ::write(ends_[1], &message, 1);
    errno = saved;
}

std::size_t WakePipe::receive(std::span<std::uint8_t> to) const {
    return static_cast<std::size_t>(std::max<ssize_t>(::read(ends_[0], to.data(), to.size()), 0));
}

Terminal::Terminal(const WakePipe& wake) : interactive_(::isatty(STDIN_FILENO) == 1) {
    wake_for_signals = &wake;
    if (interactive_ && ::tcgetattr(STDIN_FILENO, &modes_before) == 0) {
        restore_modes = true;
        for (const int signal : kCrashes) install(signal, restore_and_crash);
        make_raw();
    }
    for (const int signal : kMessages) install(signal, send_message);
    install(SIGPIPE, SIG_IGN);
}

Terminal::~Terminal() {
    restore_terminal();
    restore_modes = false;
    for (const int signal : kMessages) install(signal, SIG_DFL);
    wake_for_signals = nullptr;
}

void Terminal::make_raw() const {
    termios modes = modes_before;
    ::cfmakeraw(&modes);
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
}

WindowSize Terminal::size() const {
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 || ::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0;
    if (!known || size.ws_col == 0 || size.ws_row == 0) return {};
    return {size.ws_col, size.ws_row};
}

}  // namespace vmm
