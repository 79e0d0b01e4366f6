// SPDX-License-Identifier: MIT
/// @file
/// @brief CHECK states an invariant of ours and panics with the values when it does not hold.
/// @chapter machine
#pragma once

#include "lib/types.h"

/// A value as CHECK and panic print it: hexadecimal.
constexpr u64 printable(u64 value) { return value; }
template <class Kind>
constexpr u64 printable(Address<Kind> value) {
    return value.raw;
}
template <class T>
u64 printable(T* value) {
    return reinterpret_cast<u64>(value);
}

/// Prints `what`, the place and the values with a backtrace on the console, and ends or stops the machine (debug/panic.h).
/// Callable with any lock held and with interrupts in any state.
[[noreturn]] void panic_at(const char* file, int line, const char* what, const u64* values, usize count);

template <class... Values>
[[noreturn]] inline void panic_with(const char* file, int line, const char* what, Values... values) {
    const u64 list[] = {printable(values)..., 0};
    panic_at(file, line, what, list, sizeof...(values));
}

#define PANIC(what, ...) panic_with(__FILE__, __LINE__, what __VA_OPT__(, ) __VA_ARGS__)

/// Panics with the values unless `cond` holds. Never reached by input from a user, a guest, a disk or a wire.
#define CHECK(cond, ...)                                                      \
    do {                                                                      \
        if (!(cond)) [[unlikely]]                                             \
            panic_with(__FILE__, __LINE__, #cond __VA_OPT__(, ) __VA_ARGS__); \
    } while (0)
