// SPDX-License-Identifier: MIT
/// @file
/// @brief The thread that waits for what comes from outside: typed bytes, signals, a new window size.
/// @chapter virtio
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <span>
#include <thread>
#include <vector>

#include "vmm/console.h"
#include "vmm/ending.h"
#include "vmm/terminal.h"
#include "vmm/virtio_console.h"

namespace vmm {

/// Finds the way out in what is typed: Ctrl-] and then q. Ctrl-] twice stands for one.
class EscapeFilter {
   public:
    static constexpr std::byte kEscape{0x1d};

    /// Appends to `out` what of `typed` is for the guest. True when the user asked to end the machine.
    bool pass(std::span<const std::byte> typed, std::vector<std::byte>& out);

   private:
    bool escaped_ = false;
};

/// Who the thread works for.
struct InputTargets {
    ConsoleInput& console;   ///< gets what is typed
    VirtioConsole& display;  ///< learns the window's size
    EndSwitch& end;
    std::function<void()> kick;  ///< makes every processor leave ring V and look at `end`
};

/// Runs the thread as long as it lives. Nothing is read from the user that the guest has no room for: the
/// back-pressure of a slow guest reaches whoever types or pastes, and no byte is dropped.
class InputThread {
   public:
    InputThread(InputTargets targets, Terminal& terminal, const WakePipe& wake);
    ~InputThread();
    InputThread(const InputThread&) = delete;
    InputThread& operator=(const InputThread&) = delete;

   private:
    void run();
    void handle_messages();
    void handle_signal(int signal);
    void read_typed();
    void offer_pending();

    InputTargets targets_;
    Terminal& terminal_;
    const WakePipe& wake_;
    EscapeFilter escape_;
    std::vector<std::byte> pending_;  ///< read, and not taken by the guest yet
    bool at_end_ = false;             ///< nothing more will be typed
    std::atomic<bool> quit_ = false;
    std::thread thread_;
};

}  // namespace vmm
