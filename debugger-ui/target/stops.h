// SPDX-License-Identifier: MIT
/// @file
/// @brief What a running machine is to stop at: a person's breakpoints and watchpoints, and the event that is waited for.
/// @chapter observability
#pragma once

#include <map>

#include "debugger-ui/model/request.h"
#include "debugger-ui/symbols/symbol_map.h"
#include "debugger-ui/target/target.h"

namespace debugger {

/// Run to the first nested fault of all: before the first exit, every fault of a process would stop the machine in vain.
struct RunToFirstFault {};
/// Run to an address that is returned to, with the stack as high as it is then: others may pass there before.
struct RunToReturn {
    VirtAddr at;
    u64 stack;
};
/// The one event that a running machine is waited for; monostate: none.
using Goal = std::variant<std::monostate, RunToFirstFault, RunToNestedFault, RunToExit, RunToEntryChange, RunIntoGuest,
                          RunToReturn>;

/// What to do about a stop.
struct Verdict {
    enum class Action : u8 {
        GoOn,
        StepInto,  ///< one instruction more, which is the VM entry
        StepOn,    ///< back from what a line called: on with that line
        Stand,
    };
    Action action = Action::Stand;
    std::string message{};
    std::optional<Focus> focus{};  ///< its `stop` is the caller's to fill in
};

/// Owns every breakpoint and watchpoint of the machine.
class Stops {
   public:
    /// @throws machine::Error where the kernel has not the functions that faults and exits go through
    explicit Stops(Target& target);

    /// The guest's symbols, and where its kernel lies; none before they are known.
    struct GuestSymbols {
        const machine::SymbolMap* map = nullptr;
        u64 slide = 0;
    };
    void set_guest_symbols(GuestSymbols symbols) { guest_ = symbols; }
    /// The VMM's, where it runs; null: it does not.
    void set_vmm_symbols(const machine::Symbols* symbols) { vmm_ = symbols; }

    /// Waits for an event, and for no other any more. `root` is the root pair that an entry's change is in.
    /// @throws machine::Error where that is impossible; then nothing is waited for
    void seek(const Standing& standing, Goal goal, PhysAddr root);
    void give_up(const Standing& standing) { seek(standing, {}, PhysAddr(0)); }
    /// Sets one, or takes it away. @throws machine::Error where that is impossible
    void toggle(const Standing& standing, const ToggleBreakpoint& request);
    void toggle(const Standing& standing, const ToggleWatchpoint& request);
    /// Switches one off or on. @throws machine::Error where there is none of that name
    void toggle(const Standing& standing, const SwitchBreakpoint& request);
    /// What a person calls a place. @throws machine::Error where there is none
    VirtAddr address_of_place(const std::string& place) const;
    std::vector<BreakpointPlace> list() const;

    /// The machine has stopped by itself.
    Verdict judge(const Standing& standing);

   private:
    struct Breakpoint {
        std::string name, condition;
        bool enabled = true;
    };
    struct Watchpoint {
        std::string name;
        u64 bytes;
        bool enabled = true;
    };
    void add(const Standing& standing, VirtAddr breakpoint);
    void watch_entry(const Standing& standing, const RunToEntryChange& change, PhysAddr root);
    VirtAddr entry_instruction(const Standing& standing);
    std::optional<Verdict> judge_goal(const Standing& standing, const machine::Registers& registers);
    std::optional<Verdict> judge_fault(const Standing& standing, const machine::Registers& registers,
                                       const RunToNestedFault& wanted);
    std::optional<Verdict> judge_exit(const Standing& standing, const machine::Registers& registers,
                                      const RunToExit& wanted);
    Verdict judge_breakpoint(const Standing& standing, const machine::Registers& registers,
                             const Breakpoint& breakpoint);
    std::string entry_text(const Standing& standing);

    Target& target_;
    const VirtAddr resolve_, settle_;
    const u64 fault_address_, fault_access_, fault_ring_, exit_kind_;  ///< where members lie
    const std::vector<std::pair<std::string, u64>> exit_kinds_;
    GuestSymbols guest_;
    const machine::Symbols* vmm_ = nullptr;
    std::map<u64, Breakpoint> breakpoints_;
    std::map<u64, Watchpoint> watchpoints_;
    Goal goal_;
    std::vector<VirtAddr> goal_breakpoints_;  ///< that a person has not set as well
    std::vector<VirtAddr> goal_watchpoints_;  ///< of 8 bytes each: an entry's two halves
    PhysAddr entry_{};                        ///< the host entry that is watched
};

}  // namespace debugger
