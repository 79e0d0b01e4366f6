// SPDX-License-Identifier: MIT
/// @file
/// @brief What a session's thread does: runs and stops the machine, and looks at it.
/// @chapter observability
#pragma once

#include "debugger-ui/target/capture.h"
#include "debugger-ui/target/session.h"
#include "debugger-ui/target/stepping.h"
#include "debugger-ui/target/stops.h"

namespace debugger {

/// Lives on the session's thread only.
class Worker {
   public:
    Worker(Session& session, const TargetPlace& place, StartAt start);
    /// What the connection says when it ends is not listened to any more.
    ~Worker() { target_.set_listener({}); }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    /// Until the session ends, or its machine is to be left. @throws machine::Error when the machine is gone
    void run();

   private:
    void perform(const Select& request);
    void perform(const Run& request);
    void perform(const Interrupt& request);
    void perform(const StepInstruction& request);
    void perform(const RunToNestedFault& request);
    void perform(const RunToExit& request);
    void perform(const RunToEntryChange& request);
    void perform(const RunIntoGuest& request);
    void perform(const StepLine& request);
    void perform(const SwitchBreakpoint& request);
    void perform(const OpenBook&) {}  ///< the window does that
    void perform(const ToggleBreakpoint& request);
    void perform(const ToggleWatchpoint& request);
    void perform(const SetPace& request);
    void perform(const GatherAllPairs& request);
    void perform(const Save& request);
    void perform(const Detach& request);
    void perform(const Attach&) {}  ///< it is
    void perform(const TypeKeys& request);
    void perform(const CopyText& request);

    void handle(const Request& request);
    void let_run();
    /// After the machine stopped by itself: either it is let on, or it stands and says why.
    void on_stop();
    void look_while_running();
    /// Reads on in the trace of a machine that stands. False: there is no more.
    bool catch_up();
    ReadPhysical reader(const Standing* standing);
    void show();
    /// `standing` is null where the machine runs and its memory is read without stopping it.
    Snapshot capture(Extent extent, const Standing* standing);
    /// Lets `look` read a machine that stands; one that runs is stopped for that time only.
    template <class Look>
    void while_standing(Look&& look);
    void take_place_to_read(Snapshot& snapshot);
    void run_to(Goal goal, const char* message);
    /// Goes on with a step to another line; from a function that it calls, it comes back here.
    void step_on(LineStep step);
    void stand(std::string message);
    void log_packet(char direction, std::string_view payload);
    void say(std::string line);

    Session& session_;
    Target target_;
    Capture capture_;
    std::optional<Standing> standing_;
    Stops stops_;
    Selection selection_;
    Extent extent_ = Extent::Selection;  ///< of the next snapshot
    std::string message_;
    std::optional<Focus> focus_;
    bool leaves_ = false;
    std::optional<LineStep> line_step_;  ///< under way while the machine runs
    bool slowed_ = false;                ///< the kernel waits after each fault, for us
    std::deque<std::string> log_lines_;
    std::deque<std::string> packets_;  ///< what was said on the line last
    machine::Clock::time_point next_look_{};
};

}  // namespace debugger
