// SPDX-License-Identifier: MIT
/// @file
/// @brief The policy of faults: what an exception of a program becomes, and what is done before a return to ring 3.
/// @chapter traps
#pragma once

#include "x86/traps.h"

// page_fault, user_exception and return_to_user are declared with the stubs that call them, in x86/traps.h.

/// Why a processor exception of a program is which signal.
struct ExceptionSignal {
    int signal;
    int code;
    bool has_address;  ///< the handler is told RIP
};
/// The signal for exception `vector` (0 .. 31, not 14).
ExceptionSignal signal_of_exception(u64 vector);
/// SIGFPE's code for the exceptions that are pending in the x87 or SSE unit (bits 0 .. 5 of their status).
int code_of_float_exceptions(u32 pending);
