// SPDX-License-Identifier: MIT
/// @file
/// @brief How a machine ends: who says so first decides the message and the exit status.
/// @chapter vmm
#pragma once

#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <utility>

namespace vmm {

/// Exit statuses of the program; 128 + n after signal n.
enum ExitStatus : int {
    kStatusGood = 0,     ///< the guest powered off or rebooted
    kStatusFailure = 1,  ///< the machine could not be started
    kStatusUsage = 2,    ///< the command line makes no sense
    kStatusCrash = 3,    ///< the guest crashed
    kStatusSignal = 128,
};

/// Why the machine stopped. An empty message says nothing to the user: the guest powered off.
struct Ending {
    int status = kStatusGood;
    std::string message;
    pid_t thread = 0;  ///< whose doing it was
};

/// The machine's one switch. Any thread may turn it off, once; processors look at it after every exit.
class EndSwitch {
   public:
    /// Ends the machine with `ending`; only the first call counts.
    void end(Ending ending) {
        const std::scoped_lock held(lock_);
        if (ended()) return;
        ending_ = std::move(ending);
        ending_.thread = ::gettid();
        ended_.store(true, std::memory_order_release);
    }

    bool ended() const { return ended_.load(std::memory_order_acquire); }

    /// How it ended; valid once `ended` is true.
    const Ending& ending() const { return ending_; }

   private:
    std::mutex lock_;  ///< guards the step from "runs" to `ending_`
    std::atomic<bool> ended_ = false;
    Ending ending_;
};

}  // namespace vmm
