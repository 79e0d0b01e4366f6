// SPDX-License-Identifier: MIT
/// @file
/// @brief What a person asks for: views send these down, and never act themselves.
/// @chapter observability
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "debugger-ui/model/picture.h"

namespace debugger {

/// Look at something else.
struct Select {
    Selection selection;
};
/// Let the machine run, stop it, or execute one instruction.
struct Run {};
struct Interrupt {};
struct StepInstruction {};
/// Run on to the next fault of a guest, in a range of guest-physical addresses.
struct RunToNestedFault {
    u64 begin = 0, end = ~0ULL;
};
/// Run on to the next VM exit of a kind that the kernel counts exits by ("Cpuid"); empty: of any.
struct RunToExit {
    std::string kind;
};
/// Run on until the kernel writes the entry of the selected process for `address` on `level`, in either half.
struct RunToEntryChange {
    u64 address = 0;
    unsigned level = 1;
};
/// Run on to the next VM entry, and into it: to the guest's first instruction.
struct RunIntoGuest {};
/// Go on to the next line of source: into the functions that this line calls, over them, or out of this one to its caller.
struct StepLine {
    enum class Depth : u8 { Into, Over, Out };
    Depth depth = Depth::Over;
};
/// Set a breakpoint, or take it away where there is one: at a symbol, at FILE:LINE, or at 0xADDRESS; of the guest's kernel
/// at guest:NAME, of the VMM at vmm:NAME. With a condition it stops only where that is not 0 (model/expression.h).
struct ToggleBreakpoint {
    std::string place;
    std::string condition{};
};
/// Stop behind an instruction that writes to `bytes` bytes from a symbol or 0xADDRESS; or do so no longer.
struct ToggleWatchpoint {
    std::string place;
    u64 bytes = 8;
};
/// Leave a breakpoint or watchpoint in the list, but do not stop there; or do so again.
struct SwitchBreakpoint {
    std::string place;
};
/// Let the kernel wait after each of a guest's faults, so that there are at most so many a second. 0: as fast as it can.
struct SetPace {
    u32 faults_per_second = 0;
};
/// Read every pair of every process, not only those on the path, for one snapshot.
struct GatherAllPairs {};
/// Write a recording with every pair of every process.
struct Save {
    std::string file;
};
/// Leave the machine, which runs on without anybody looking; and come back to it, or to the next one at the same place.
struct Detach {};
struct Attach {};
/// Type into the machine's console.
struct TypeKeys {
    std::string keys;
};
/// Open the book at the chapter that explains a file of source.
struct OpenBook {
    std::string chapter;
};
/// Put text where other programs can paste it from.
struct CopyText {
    std::string text;
};

using Request = std::variant<Select, Run, Interrupt, StepInstruction, RunToNestedFault, RunToExit, RunToEntryChange,
                             RunIntoGuest, StepLine, SwitchBreakpoint, OpenBook, ToggleBreakpoint, ToggleWatchpoint,
                             SetPace, GatherAllPairs, Save, Detach, Attach, TypeKeys, CopyText>;
using Requests = std::vector<Request>;

}  // namespace debugger
