// SPDX-License-Identifier: MIT
/// @file
/// @brief Deadlines: how long to wait for a machine, stretched as a whole on slow computers.
/// @chapter observability
#pragma once

#include <chrono>

namespace machine {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

/// By how much every deadline is stretched: the environment variable TWAIN_TIME_SCALE, 1 where it is not set.
double time_scale();

/// A point in time, `time_scale()` times the seconds given from now.
class Deadline {
   public:
    explicit Deadline(Seconds from_now);
    /// At that time, as it is.
    explicit Deadline(Clock::time_point when) : when_(when) {}

    bool has_passed() const { return Clock::now() >= when_; }
    /// What is left as poll(2) takes it: milliseconds rounded up, 0 once the deadline has passed.
    int poll_milliseconds() const;

   private:
    Clock::time_point when_;
};

}  // namespace machine
