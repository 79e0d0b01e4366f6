// SPDX-License-Identifier: MIT
/// @file
/// @brief The C++ side of the trap stubs: which function handles which vector.
/// @chapter traps
#pragma once

#include "x86/trap_frame.h"

/// Handles one vector. Called by the stub with interrupts off.
using TrapHandler = void (*)(TrapFrame& frame);

/// The stubs call through this table. Device interrupts are entered by their drivers at boot; exceptions by init_traps.
extern "C" TrapHandler trap_handlers[256];

/// Vectors of ours. Exceptions are 0 .. 31.
namespace vector {
inline constexpr u8 kDebug = 1, kNmi = 2, kBreakpoint = 3, kInvalidOpcode = 6, kDoubleFault = 8;
inline constexpr u8 kGeneralProtection = 13, kPageFault = 14, kAlignmentCheck = 17, kMachineCheck = 18;
inline constexpr u8 kDeviceFirst = 0x30;  ///< I/O APIC pins
inline constexpr u8 kTimer = 0xec;
inline constexpr u8 kWake = 0xed;    ///< look again at what there is to do
inline constexpr u8 kFlush = 0xee;   ///< forget translations: mm/shootdown.h
inline constexpr u8 kPosted = 0xef;  ///< VMX: look at what was posted, without leaving the guest
inline constexpr u8 kSpurious = 0xff;
}  // namespace vector

extern "C" {
/// Goes to ring 3 with `frame`'s registers; it must lie at the top of the current thread's stack.
[[noreturn]] void enter_ring3(TrapFrame& frame);
/// Called with interrupts off before every return to ring 3: reschedules when due and delivers signals (proc).
void return_to_user(TrapFrame& frame);
/// Calls the handler of an interrupt that the local APIC has handed out already, as if it came here.
void deliver_interrupt(u64 vector);
/// Handles vector 14 (proc).
void page_fault(TrapFrame& frame);
/// Handles every other exception that ring 3 can cause: makes it a signal (proc). Kernel-mode ones were sorted out before.
void user_exception(TrapFrame& frame);
}

/// Puts panics on what must not happen and `user_exception` on what programs may cause.
void init_traps();
