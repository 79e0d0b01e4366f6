// SPDX-License-Identifier: MIT
/// @file
/// @brief What the debugger knows of a machine at one moment: a value that never changes once it is made.
/// @chapter observability
#pragma once

#include <string>
#include <vector>

#include "debugger-ui/model/control_block.h"
#include "debugger-ui/model/trace_log.h"
#include "debugger-ui/model/walk.h"

namespace debugger {

enum class MachineState : u8 {
    None,  ///< not connected yet
    Running,
    Stopped,
    Recording,  ///< there is no machine: this was read from a file
    Lost,       ///< the connection is gone; what was seen last is kept
};

struct Process {
    PhysAddr root;
    u32 pid;
    std::string name;
    u64 image = 0;  ///< what the loader added to every address of its program's file
    bool operator==(const Process&) const = default;
};

struct Vcpu {
    u32 thread;
    bool in_guest;
    bool paging_known;  ///< whether `paging` is what the guest uses now
    GuestPaging paging;
    u64 rip;                              ///< as of the last exit
    std::vector<ControlField> control{};  ///< of its control block; empty where that cannot be read
    bool operator==(const Vcpu&) const = default;
};

struct Register {
    std::string name;
    u64 value;
    bool operator==(const Register&) const = default;
};

/// One frame of the kernel's stack.
struct StackFrame {
    u64 pc;
    std::string functions;  ///< innermost first, inlined ones included
    std::string file;
    int line;
    bool operator==(const StackFrame&) const = default;
};

struct Instruction {
    u64 address;
    std::string text;
    int line = 0;        ///< of `file`; 0: not known
    std::string file{};  ///< empty: that of the code shown
};

/// What the kernel has counted of one kind of VM exit, on all vCPUs that there are.
struct ExitCount {
    std::string kind;
    u64 by_kernel = 0, by_vmm = 0;  ///< who settled it
    bool operator==(const ExitCount&) const = default;
};

/// A breakpoint, or a watchpoint.
struct BreakpointPlace {
    u64 address;
    std::string name;
    std::string condition{};
    u64 watched_bytes = 0;  ///< of a watchpoint
    bool enabled = true;
    bool operator==(const BreakpointPlace&) const = default;
};

/// A file of source, as lines.
struct SourceText {
    std::string file;
    std::vector<std::string> lines;
};

/// Four spaces of addresses, each of which somebody reads memory in.
enum class MemorySpace : u8 { HostVirtual, HostPhysical, GuestPhysical, GuestVirtual };

/// A part of memory that a person looks at. 0 bytes: none.
struct MemoryPlace {
    MemorySpace space = MemorySpace::GuestPhysical;
    u64 address = 0;
    u64 bytes = 0;
    bool operator==(const MemoryPlace&) const = default;
};

/// What stands there.
struct MemoryText {
    MemoryPlace place;
    std::vector<std::optional<u8>> bytes;  ///< nothing: it cannot be read
    bool operator==(const MemoryText&) const = default;
};

/// What a stop is about: a view may want to look there.
struct Focus {
    u64 stop;  ///< counts stops, so that each is followed once
    AddressKind kind;
    u64 address;
    Access access;
    u64 root;
    bool operator==(const Focus&) const = default;
};

/// A moment of a machine.
struct Snapshot {
    MachineState state = MachineState::None;
    u64 stops = 0;        ///< how often the machine has stood so far
    u64 answered = 0;     ///< how many requests have been dealt with
    std::string message;  ///< why it stands, or what went wrong: one line
    unsigned core = 0;    ///< whose registers these are, counted from 1; 0: none
    unsigned cores = 1;   ///< how many the machine has
    NestedFormat format = NestedFormat::Npt;
    std::vector<Process> processes;
    std::vector<Vcpu> vcpus;
    PageSet pages;  ///< every page that the walks of the moment touch, or all pairs of a recording
    TraceLog log;
    u64 records_behind = 0;  ///< records of the ring that have not been read yet
    // Only of a machine that stands:
    bool core_is_in_kernel = false;
    std::vector<Register> registers;
    std::vector<StackFrame> stack;
    std::shared_ptr<const SourceText>
        source;           ///< of the code shown: a frame's, or what was asked for; null: there is none
    int source_line = 0;  ///< the line shown
    std::vector<Instruction> instructions;  ///< of the function shown, or from where it stands on
    std::vector<ExitCount> exits;           ///< every kind that the kernel counts by
    std::vector<BreakpointPlace> breakpoints;
    std::optional<Focus> focus;
    std::vector<std::string> log_lines;  ///< what was asked and answered, oldest first
    std::vector<std::string> packets;    ///< what went over the line last: "> m0,8"
    MemoryText memory{};
    std::string guest_symbol;  ///< where the guest's RIP is, in its own kernel's symbols
};

/// Whether there is a machine behind it.
inline bool is_live(const Snapshot& snapshot) {
    return snapshot.state == MachineState::Running || snapshot.state == MachineState::Stopped;
}

/// The process whose guest faulted last, else the newest; null where there is none.
const Process* main_process(const Snapshot& snapshot);

}  // namespace debugger
