// SPDX-License-Identifier: MIT
/// @file
/// @brief The debugger without a window: a machine or a recording, what is looked at, and the picture of it.
/// @chapter observability
#pragma once

#include "debugger-ui/model/request.h"
#include "debugger-ui/target/session.h"

namespace debugger {

class Debugger {
   public:
    /// A live machine.
    explicit Debugger(std::unique_ptr<Session> session);
    /// A recording.
    explicit Debugger(Snapshot recording);

    /// Takes the newest snapshot over. True: the picture is another one than before.
    bool update();
    const Picture& picture() const { return *picture_; }
    const Snapshot& snapshot() const { return *picture_->snapshot; }
    const Selection& selection() const { return selection_; }

    /// Does what a view or a script asks for; what the machine must do is only sent to it.
    void perform(const Request& request);
    /// Waits until everything asked for has been done. @throws machine::Error where the machine is gone, once
    void settle();
    /// Leaves the machine running; what was seen last stays. And comes back to it. @throws machine::Timeout, machine::Error
    void leave();
    void come_back();
    /// Waits for a snapshot that fulfils the condition, and shows it. @throws machine::Timeout, machine::Error
    void wait(const std::function<bool(const Snapshot&)>& condition, machine::Seconds within);

   private:
    void follow(const Snapshot& snapshot);

    std::unique_ptr<Session> session_;
    std::shared_ptr<const Snapshot> snapshot_;
    Selection selection_{};
    Selection painted_{};
    Painter painter_;
    std::shared_ptr<const Picture> picture_;
    u64 last_ticket_ = 0;
    u64 followed_ = 0;     ///< the stop whose focus was taken over
    bool left_ = false;    ///< there is no machine: we wanted none, or have been told that it is gone
    bool chosen_ = false;  ///< whether anything has been chosen to be looked at
};

}  // namespace debugger
