// SPDX-License-Identifier: MIT
/// @file
/// @brief A processor of the guest: a thread that enters ring V and answers what it comes back with.
/// @chapter exits
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "kernel/abi/ring_v.h"
#include "vmm/emulator.h"
#include "vmm/ending.h"
#include "vmm/io_apic.h"

namespace vmm {

/// How often the processors came back from ring V, by reason.
using ExitCounts = std::array<std::atomic<std::uint64_t>, abi::kExitReasons>;

/// For --stats: a line for each reason that occurred.
std::string exit_table(const ExitCounts& counts);

/// Where a processor's exits go, and what the processors share.
struct Board {
    AddressSpaces spaces;
    IoApic& interrupts;
    EndSwitch& end;
    std::function<void(std::uint64_t icr)> send;  ///< hands an INIT or a start-up IPI to the processors it means
    std::atomic<unsigned> running = 0;            ///< processors that execute, or wait for an interrupt
    ExitCounts exits{};
};

/// A processor, and the thread that is it. All but the first wait for INIT and a start-up IPI.
/// @sdm{Multiple-Processor (MP) Initialization, 8.4}
class Vcpu {
   public:
    /// The processor whose x2APIC identifier `state` names. It executes at once if `state` says what to load.
    Vcpu(Board& board, const abi::RingV& state);

    /// Runs the guest until the machine has ended, on the calling thread from first to last.
    void run();

    /// Sends `message` to the processor if it is the one meant. Any thread. True: it was.
    bool interrupt(const InterruptMessage& message) const;

    /// An INIT or a start-up IPI, if this processor is meant by `icr`. Any thread.
    void receive(std::uint64_t icr);

    /// Makes it come back from ring V, from a system call or from waiting, and look at the switch. Any thread.
    void kick();

    /// The thread; 0 before `run`.
    pid_t thread() const { return thread_; }
    /// Where the guest is; after `run`.
    std::uint64_t rip() const { return state_.general.rip; }

   private:
    /// Halted: with interrupts off, so that only an INIT helps. Stopped: INIT came, and the start-up IPI did not yet.
    enum class Activity { Running, Halted, Stopped };

    bool ready();
    void stop(Activity how);
    bool enter();
    void handle_exit();
    void handle_mmio();
    void handle_io();
    void emulate();
    void crash(const std::string& what);

    Board& board_;
    Emulator emulator_;
    abi::RingV state_;
    std::atomic<pid_t> thread_ = 0;
    std::mutex lock_;  ///< guards the steps between activities, and `start_vector_`
    std::condition_variable woken_;
    std::atomic<Activity> activity_;
    std::optional<std::uint8_t> start_vector_;  ///< came while Stopped
};

}  // namespace vmm
