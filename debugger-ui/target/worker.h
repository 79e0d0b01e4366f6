// SPDX-License-Identifier: MIT
/// @file
/// @brief What a session's thread does: runs and stops the machine, and looks at it.
/// @chapter observability
#pragma once

#include <map>

#include "debugger-ui/target/capture.h"
#include "debugger-ui/target/session.h"

namespace debugger {

/// Lives on the session's thread only.
class Worker {
   public:
    Worker(Session& session, const TargetPlace& place, StartAt start);
    /// Until the session ends. @throws machine::Error when the machine is gone
    void run();

   private:
    void perform(const Select& request);
    void perform(const Run& request);
    void perform(const Interrupt& request);
    void perform(const StepInstruction& request);
    void perform(const RunToNestedFault& request);
    void perform(const ToggleBreakpoint& request);
    void perform(const GatherAllPairs& request);
    void perform(const Save& request);
    void perform(const CopyText& request);

    void handle(const Request& request);
    void let_run();
    /// After the machine stopped by itself: either it is let on, or it stands and says why.
    void on_stop();
    /// At `resolve`: whether this is the fault that is waited for. Fills in the focus.
    bool is_wanted_fault();
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
    VirtAddr address_of_place(const std::string& place) const;
    void say(std::string line);

    Session& session_;
    Target target_;
    Capture capture_;
    std::optional<Standing> standing_;
    const VirtAddr resolve_, settle_;
    const u64 fault_address_, fault_access_, fault_ring_;  ///< where the members of Fault lie
    bool waits_for_guest_;                                 ///< at `settle_`, before the first fault can be
    std::optional<RunToNestedFault> hunt_;
    std::map<u64, std::string> breakpoints_;
    bool resolve_is_set_ = false;
    Selection selection_;
    Extent extent_ = Extent::Selection;  ///< of the next snapshot
    std::string message_;
    std::optional<Focus> focus_;
    u64 stops_ = 0;
    u64 handled_ = 0;
    std::vector<std::string> log_lines_;
    machine::Clock::time_point next_look_{};
};

}  // namespace debugger
