// SPDX-License-Identifier: MIT
/// @file
/// @brief The thread that waits for what comes from outside: typed bytes, signals, a new window size.
/// @chapter virtio
#include "vmm/input.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

namespace vmm {
namespace {

constexpr std::byte kQuitKey{'q'};
constexpr int kLookSoon = 10;     ///< milliseconds
constexpr int kLookAgain = 1000;  ///< a console may wait for its guest, and a wake-up fail when memory is short
constexpr int kIgnored = -1;      ///< a descriptor that poll skips
constexpr std::size_t kReadSize = 4096;

}  // namespace

bool EscapeFilter::pass(std::span<const std::byte> typed, std::vector<std::byte>& out) {
    for (const std::byte byte : typed) {
        if (!escaped_) {
            escaped_ = byte == kEscape;
            if (!escaped_) out.push_back(byte);
            continue;
        }
        escaped_ = false;
        if (byte == kQuitKey) return true;
        out.push_back(kEscape);
        if (byte != kEscape) out.push_back(byte);
    }
    return false;
}

InputThread::InputThread(InputTargets targets, Terminal& terminal, const WakePipe& wake)
    : targets_(std::move(targets)), terminal_(terminal), wake_(wake) {
    targets_.console.when_room([&pipe = wake_] { pipe.send(0); });
    thread_ = std::thread([this] { run(); });
}

InputThread::~InputThread() {
    quit_ = true;
    wake_.send(0);
    thread_.join();
}

void InputThread::run() {
    while (!quit_) {
        // A processor may enter ring V just after it was kicked, so a machine that is to end is kicked until it has.
        const bool ending = targets_.end.ended();
        if (ending) targets_.kick();
        const bool wants_input = !ending && !at_end_ && pending_.empty();
        std::array<pollfd, 2> events{
            {{wake_.descriptor(), POLLIN, 0}, {wants_input ? STDIN_FILENO : kIgnored, POLLIN, 0}}};
        const int patience = ending || targets_.display.owes() ? kLookSoon : kLookAgain;
        if (::poll(events.data(), events.size(), patience) == 0) targets_.display.settle();
        if (events[0].revents != 0) handle_messages();
        if (events[1].revents != 0) read_typed();
        if (!pending_.empty()) offer_pending();
    }
}

void InputThread::handle_messages() {
    std::array<std::uint8_t, 64> messages{};
    for (const std::uint8_t message : std::span(messages).first(wake_.receive(messages))) {
        if (message != 0) handle_signal(message);
    }
}

void InputThread::handle_signal(int signal) {
    if (signal == SIGWINCH) return targets_.display.resize(terminal_.size());
    targets_.end.end({kStatusSignal + signal, "ended by signal " + std::to_string(signal)});
}

void InputThread::read_typed() {
    std::array<std::byte, kReadSize> typed{};
    const ssize_t got = ::read(STDIN_FILENO, typed.data(), typed.size());
    if (got <= 0) {
        at_end_ = true;
        return;
    }
    const auto bytes = std::span(typed).first(static_cast<std::size_t>(got));
    if (!terminal_.interactive()) {
        pending_.assign(bytes.begin(), bytes.end());
    } else if (escape_.pass(bytes, pending_)) {
        targets_.end.end({kStatusSignal + SIGINT, "ended by Ctrl-] q"});
    }
}

void InputThread::offer_pending() {
    const std::size_t taken = targets_.console.offer(pending_);
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(taken));
}

}  // namespace vmm
