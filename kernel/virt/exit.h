// SPDX-License-Identifier: MIT
/// @file
/// @brief A VM exit as a value, the same for every vendor: what `enter` returns.
/// @chapter exits
#pragma once

#include "lib/types.h"
#include "mm/address_space.h"
#include "x86/event.h"

/// What made the guest stop. Also the reasons by which exits are counted.
enum class ExitKind : u8 {
    None,             ///< there was no entry: the thread has something else to do first
    Vendor,           ///< the back end has settled it already
    HostInterrupt,    ///< the host's interrupt, taken as soon as interrupts are on again
    InterruptWindow,  ///< the guest would take an interrupt now
    NestedFault,      ///< `fault`
    Cpuid,
    ReadMsr,
    WriteMsr,
    Io,  ///< `io`
    Halt,
    EndOfInterrupt,        ///< `ended_vector`: a level-triggered interrupt, which the processor has ended in the page
    WriteControl,          ///< `control`: MOV to CR0, CR4 or CR8, CLTS, LMSW
    WriteXcr0,             ///< XSETBV
    CacheControl,          ///< INVD, WBINVD
    Exception,             ///< `exception`: intercepted for the host's safety; it is the guest's all the same
    ForbiddenInstruction,  ///< must not exist for this guest: #UD
    PrivilegedAccess,      ///< must not be done by this guest: #GP
    Shutdown,
    BadState,
    Unknown,  ///< `unknown`
};
inline constexpr unsigned kExitKinds = 20;
/// The kind's name as /proc/vm prints it.
const char* name_of(ExitKind kind);

/// The control registers that guests write through the kernel.
enum class ControlRegister : u8 { Cr0 = 0, Cr4 = 4, Cr8 = 8 };

/// A VM exit, decoded once.
struct Exit {
    ExitKind kind = ExitKind::None;
    u8 length =
        0;  ///< bytes of the instruction that exited, where the kind says that there is one and its end is not in `io`
    union {
        struct {
            GuestPhys address;
            Access access;
        } fault;
        struct {
            u64 next_rip;
            u16 port;
            u8 size;  ///< 1, 2 or 4
            bool in, string, repeat;
        } io;
        struct {
            ControlRegister name;
            u64 value;
        } control;
        Event exception;
        u8 ended_vector;
        struct {
            u64 code;
            u64 information[2];
        } unknown;
    };

    constexpr Exit() : unknown{} {}
    constexpr explicit Exit(ExitKind what, u8 bytes = 0) : kind(what), length(bytes), unknown{} {}
};
