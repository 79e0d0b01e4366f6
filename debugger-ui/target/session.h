// SPDX-License-Identifier: MIT
/// @file
/// @brief The one thread that owns a machine: requests go in, snapshots come out.
/// @chapter observability
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "debugger-ui/model/request.h"
#include "debugger-ui/target/target.h"

namespace debugger {

/// How a session begins.
enum class StartAt : u8 {
    Once,              ///< stopped where connecting found it
    FirstNestedFault,  ///< running until the first fault of a guest
};

/// A connection to a machine that outlives everything that goes wrong with the machine: then its last snapshot says so in
/// one line, with the state Lost, and what was seen stays. An Attach connects again.
class Session {
   public:
    Session(TargetPlace place, StartAt start);
    /// Takes its breakpoints away and lets the machine run.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Returns the ticket by which an answer is known: a snapshot whose `answered` is at least that.
    u64 send(Request request);
    std::shared_ptr<const Snapshot> latest() const;
    /// Waits for a snapshot that fulfils the condition, or for the end of the connection. Null: not in time.
    std::shared_ptr<const Snapshot> wait(const std::function<bool(const Snapshot&)>& condition,
                                         machine::Seconds within);

   private:
    friend class Worker;
    void serve();
    /// The machine is gone, or left: waits until somebody wants to attach again. False: the session ends.
    bool wait_for_attach(const std::string& why);
    void publish(Snapshot snapshot);
    std::optional<Request> take_request();
    void ring();
    void note_handled();

    const TargetPlace place_;
    const StartAt start_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;  ///< of anything below
    machine::File bell_;               ///< can be read once there is a request, or the end
    u64 stops_ = 0;                    ///< the thread's own: how many there have been
    std::deque<Request> requests_;
    u64 sent_ = 0, handled_ = 0;
    bool ending_ = false;
    std::shared_ptr<const Snapshot> latest_;
    std::thread thread_;
};

}  // namespace debugger
