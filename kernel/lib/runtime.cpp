// SPDX-License-Identifier: MIT
/// @file
/// @brief What the freestanding C++ library expects from whoever uses it.
/// @chapter machine
#include <bits/functexcept.h>

#include <new>

#include "lib/string.h"

const std::nothrow_t std::nothrow{};

extern "C" {

/// A call through an object whose destructor has begun.
void __cxa_pure_virtual() { PANIC("pure virtual function called"); }

const void* memchr(const void* where, int byte, usize bytes) noexcept {
    const auto* at = static_cast<const u8*>(where);
    for (usize i = 0; i < bytes; ++i) {
        if (at[i] == static_cast<u8>(byte)) return at + i;
    }
    return nullptr;
}
}

namespace std {
/// string_view::substr and its like, with a start behind the end.
void __throw_out_of_range_fmt(const char*, ...) { PANIC("text position out of range"); }
void __throw_length_error(const char*) { PANIC("container too long"); }
void __throw_bad_optional_access() { PANIC("empty optional read"); }
void __throw_logic_error(const char*) { PANIC("logic error in the C++ library"); }
}  // namespace std
