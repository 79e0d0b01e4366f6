// SPDX-License-Identifier: MIT
/// @file
/// @brief A VM exit as a value, the same for every vendor: what `enter` returns; and the counts of exits.
/// @chapter exits
#pragma once

#include "abi/ring_v.h"
#include "lib/types.h"
#include "x86/event.h"

/// What made the guest stop. Also the reasons by which exits are counted.
enum class ExitKind : u8 {
    None,             ///< there was no entry: the thread has something else to do first
    Vendor,           ///< the back end has settled it already
    HostInterrupt,    ///< the host's interrupt, taken as soon as interrupts are on again
    InterruptWindow,  ///< the guest would take an interrupt now
    NestedFault,      ///< `detail.mmio`
    Cpuid,
    ReadMsr,
    WriteMsr,
    Io,  ///< `detail.io`
    Halt,
    EndOfInterrupt,        ///< `detail.eoi`: a level-triggered interrupt, which the processor has ended in the page
    WriteControl,          ///< `control`
    WriteXcr0,             ///< XSETBV
    DebugRegisters,        ///< the first use of DR0 .. DR3 since no breakpoint was set
    CacheControl,          ///< INVD, WBINVD
    Exception,             ///< `exception`: intercepted for the host's safety; it is the guest's all the same
    ForbiddenInstruction,  ///< must not exist for this guest: #UD
    PrivilegedAccess,      ///< must not be done by this guest: #GP
    Shutdown,
    BadState,
    Unknown,  ///< `detail.unhandled`
};
inline constexpr unsigned kExitKinds = 21;
/// The kind's name as /proc/vm prints it.
const char* name_of(ExitKind kind);

/// The guest's write to a control register: MOV, or CLTS and LMSW with what they make of CR0.
struct ControlWrite {
    enum class Register : u8 { Cr0 = 0, Cr4 = 4, Cr8 = 8 } name;
    bool code_64_bit;  ///< else only the value's low half counts, and paging may be turned off
    u64 value;
};

/// A VM exit, decoded once. What the VMM may have to see of it has the VMM's form already.
struct Exit {
    ExitKind kind = ExitKind::None;
    u8 length =
        0;  ///< bytes of the instruction that exited, where the kind says that there is one and `detail.io` does not
    union {
        abi::ExitDetail detail;
        ControlWrite control;
        Event exception;
    };

    constexpr Exit() : detail{} {}
    constexpr explicit Exit(ExitKind what, u8 bytes = 0) : kind(what), length(bytes), detail{} {}
};

/// Exits whose information has the same parts with both vendors, each in its own places.
template <class Information>
constexpr Exit nested_fault(const Information& fault, u64 gpa) {
    Exit exit(ExitKind::NestedFault);
    using enum abi::MmioAccess;
    exit.detail.mmio = {gpa, fault.write() ? Write : fault.execute() ? Execute : Read};
    return exit;
}
template <class Information>
constexpr Exit port_access(const Information& io, u64 next_rip) {
    Exit exit(ExitKind::Io);
    const auto direction = io.in() ? abi::IoDirection::In : abi::IoDirection::Out;
    exit.detail.io = {next_rip, io.port(), io.size(), direction, io.string(), io.repeat()};
    return exit;
}

/// Who settled an exit.
enum class Settled : u8 {
    Kernel,       ///< the guest goes on
    Vmm,          ///< the thread goes back to its VMM
    OutOfMemory,  ///< the thread goes back with ENOMEM; the guest's instruction will be tried again
};

/// One vCPU's counts, or a sum. Written by the vCPU's thread only; readers may be one behind.
struct ExitCounts {
    u64 by_kernel[kExitKinds] = {};
    u64 by_vmm[kExitKinds] = {};

    void add(ExitKind kind, Settled settled) {
        ++(settled == Settled::Kernel ? by_kernel : by_vmm)[static_cast<unsigned>(kind)];
    }
    void add(const ExitCounts& other) {
        for (unsigned i = 0; i < kExitKinds; ++i) {
            by_kernel[i] += other.by_kernel[i];
            by_vmm[i] += other.by_vmm[i];
        }
    }
};
