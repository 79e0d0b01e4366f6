// SPDX-License-Identifier: MIT
/// @file
/// @brief The memory functions that compilers call without being asked.
/// @chapter machine
#include "lib/string.h"

// The processor's own string instructions: short to read, and on every processor of the last decade as fast as it gets.
extern "C" {

void* memcpy(void* to, const void* from, usize bytes) noexcept {
    void* start = to;
    usize words = bytes / 8;
    asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words)::"memory");
    bytes %= 8;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes)::"memory");
    return start;
}

void* memmove(void* to, const void* from, usize bytes) noexcept {
    // Only where the target begins inside the source does the direction matter.
    if (reinterpret_cast<u64>(to) - reinterpret_cast<u64>(from) >= bytes) return memcpy(to, from, bytes);
    void* start = to;
    to = static_cast<char*>(to) + bytes - 1;
    from = static_cast<const char*>(from) + bytes - 1;
    asm volatile("std; rep movsb; cld" : "+D"(to), "+S"(from), "+c"(bytes)::"memory");
    return start;
}

void* memset(void* to, int value, usize bytes) noexcept {
    void* start = to;
    const u64 word = 0x0101'0101'0101'0101ULL * static_cast<u8>(value);
    usize words = bytes / 8;
    asm volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(word) : "memory");
    bytes %= 8;
    asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(word) : "memory");
    return start;
}

int memcmp(const void* a, const void* b, usize bytes) noexcept {
    const auto* left = static_cast<const u8*>(a);
    const auto* right = static_cast<const u8*>(b);
    for (usize i = 0; i < bytes; ++i) {
        if (left[i] != right[i]) return left[i] - right[i];
    }
    return 0;
}

usize strlen(const char* text) noexcept {
    usize length = 0;
    while (text[length]) ++length;
    return length;
}
}
