// SPDX-License-Identifier: MIT
/// @file
/// @brief What goes with a signal, and its form in a program's memory.
/// @chapter signals
#pragma once

#include "lib/types.h"
#include "proc/signal_set.h"

/// Why a signal was sent: the si_code of Linux. @spec{sigaction(2), The siginfo_t argument to a SA_SIGINFO handler}
namespace signal_code {
inline constexpr int kUser = 0, kKernel = 0x80, kQueue = -1, kTimer = -2, kThread = -6;
inline constexpr int kIllegalOperand = 2, kDivideByZero = 1, kMappingMissing = 1, kAccessDenied = 2;
inline constexpr int kFloatDivide = 3, kFloatOverflow = 4, kFloatUnderflow = 5, kFloatInexact = 6, kFloatInvalid = 7;
inline constexpr int kBusAlignment = 1, kBusNoPage = 2, kBreakpoint = 1, kTrace = 2;
inline constexpr int kChildExited = 1, kChildKilled = 2, kChildDumped = 3, kChildStopped = 5, kChildContinued = 6;
}  // namespace signal_code

/// A signal with what its handler is told.
struct SignalInfo {
    /// Which of the members below the program is told.
    enum class Form : u8 { Sender, Fault, Child, Value };

    int number = 0;
    int code = signal_code::kUser;
    Form form = Form::Sender;
    u32 pid = 0;  ///< Sender, Value: who sent it; Child: who changed
    u32 user = 0;
    int status = 0;                        ///< Child: exit status or signal number
    u64 value = 0;                         ///< Fault: the address; Value: the sender's word
    u64 user_ticks = 0, system_ticks = 0;  ///< Child

    static SignalInfo kernel(int signal) { return {.number = signal, .code = signal_code::kKernel}; }
    static SignalInfo fault(int signal, int code, VirtAddr address) {
        return {.number = signal, .code = code, .form = Form::Fault, .value = address.raw};
    }
};

/// Linux's siginfo_t: 128 bytes, of which the first 48 at most say something.
struct UserSignalInfo {
    i32 number;
    i32 error;
    i32 code;
    i32 padding;
    u64 words[14];
};
static_assert(sizeof(UserSignalInfo) == 128);

/// The two directions are a pair: `decode(encode(info))` is `info` for the forms that a program may send (Sender, Value).
UserSignalInfo encode_signal_info(const SignalInfo& info);
SignalInfo decode_signal_info(int number, const UserSignalInfo& user);
