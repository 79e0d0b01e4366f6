// SPDX-License-Identifier: MIT
/// @file
/// @brief Prints the time-stamp counter: `tsc=` and 16 hexadecimal digits. Runs without any library, in ring 3 and in guests.
/// @chapter testing
#include <sys/syscall.h>
#include <x86intrin.h>

namespace {

long system_call(long number, long a, long b, long c) {
    long result;
    asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

}  // namespace

// A program begins with a stack that is aligned otherwise than a called function's.
extern "C" [[noreturn, gnu::force_align_arg_pointer]] void _start() {
    const unsigned long long counter = __rdtsc();
    char line[] = "tsc=0123456789abcdef\n";
    for (int digit = 0; digit < 16; ++digit) line[4 + digit] = "0123456789abcdef"[counter >> (60 - 4 * digit) & 15];
    system_call(SYS_write, 1, reinterpret_cast<long>(line), sizeof(line) - 1);
    for (;;) system_call(SYS_exit_group, 0, 0, 0);
}
