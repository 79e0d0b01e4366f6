// SPDX-License-Identifier: MIT
/// @file
/// @brief A pipe that wakes a thread out of poll, from other threads and from signal handlers.
/// @chapter virtio
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace vmm {

/// One byte a message: 0 only wakes, another value is a signal's number.
class WakePipe {
   public:
    /// Throws Failure when there is no pipe to be had.
    WakePipe();
    ~WakePipe();
    WakePipe(const WakePipe&) = delete;
    WakePipe& operator=(const WakePipe&) = delete;

    /// To poll for reading.
    int descriptor() const { return ends_[0]; }

    /// Wakes the reader. Never blocks, and is safe in a signal handler: when the pipe is full the reader is awake anyway.
    void send(std::uint8_t message) const;

    /// Takes the waiting messages, as many as fit into `to`; how many.
    std::size_t receive(std::span<std::uint8_t> to) const;

   private:
    int ends_[2];
};

}  // namespace vmm
