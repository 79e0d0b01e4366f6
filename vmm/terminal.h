// SPDX-License-Identifier: MIT
/// @file
/// @brief The user's terminal while a guest owns it: raw mode, its size, its signals, and back as it was.
/// @chapter virtio
#pragma once

#include <termios.h>

#include <cstdint>
#include <span>

#include "vmm/virtio_console.h"

namespace vmm {

/// A pipe that wakes a thread out of poll, from other threads and from signal handlers. One byte a message: 0 only
/// wakes, another value is a signal's number.
class WakePipe {
   public:
    /// Throws Failure when there is no pipe to be had.
    WakePipe();
    ~WakePipe();
    WakePipe(const WakePipe&) = delete;
    WakePipe& operator=(const WakePipe&) = delete;

    /// To poll for reading.
    int descriptor() const { return ends_[0]; }

    /// Wakes the reader. Never blocks, and is safe in a signal handler: when the pipe is full the reader is awake
    /// anyway.
    void send(std::uint8_t message) const;

    /// Takes the waiting messages, as many as fit into `to`; how many.
    std::size_t receive(std::span<std::uint8_t> to) const;

   private:
    int ends_[2];
};

/// Standard input and output, if they are a terminal. While one of these lives (there is only one), the terminal is
/// raw and the process's signals are messages in `wake`; on every way out of the process, a crash included, it is as
/// it was before.
class Terminal {
   public:
    /// `wake` must outlive this.
    explicit Terminal(const WakePipe& wake);
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    /// The size of the terminal; 80 by 24 where there is none.
    WindowSize size() const;

    /// Whether someone types: standard input is a terminal.
    bool interactive() const { return interactive_; }

   private:
    void make_raw() const;

    bool interactive_;
};

}  // namespace vmm
