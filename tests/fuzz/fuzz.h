// SPDX-License-Identifier: MIT
/// @file
/// @brief What the fuzzers share: input cut into pieces, and a check that prints where it failed.
/// @chapter testing
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

#include "lib/types.h"

/// The fuzzer keeps the input that ended the program.
#define FUZZ_CHECK(condition)                                                                  \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            std::fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                                      \
        }                                                                                      \
    } while (false)

/// What the fuzzer made up, taken from the front. At its end there are only zeros.
class Input {
   public:
    Input(const u8* data, usize bytes) : left_(data, bytes) {}
    template <class T>
    T take() {
        T value{};
        const usize bytes = std::min(left_.size(), sizeof(T));
        if (bytes > 0) std::memcpy(static_cast<void*>(&value), left_.data(), bytes);
        left_ = left_.subspan(bytes);
        return value;
    }
    /// Up to `most` bytes.
    std::string_view text(usize most) {
        const usize bytes = std::min(left_.size(), most);
        const std::string_view taken(reinterpret_cast<const char*>(left_.data()), bytes);
        left_ = left_.subspan(bytes);
        return taken;
    }
    bool at_end() const { return left_.empty(); }

   private:
    std::span<const u8> left_;
};

extern "C" int LLVMFuzzerTestOneInput(const u8* data, usize bytes);
