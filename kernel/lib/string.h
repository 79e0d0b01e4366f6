// SPDX-License-Identifier: MIT
/// @file
/// @brief String: owned bytes of text; and the memory functions that compilers call.
/// @chapter machine
#pragma once

#include <string_view>

#include "lib/vec.h"

extern "C" {
void* memcpy(void* to, const void* from, usize bytes) noexcept;
void* memmove(void* to, const void* from, usize bytes) noexcept;
void* memset(void* to, int value, usize bytes) noexcept;
int memcmp(const void* a, const void* b, usize bytes) noexcept;
usize strlen(const char* text) noexcept;
}

/// Owned text of any bytes, without a closing zero.
class String {
   public:
    String() = default;
    /// A copy of `text`. ENOMEM: nothing was made.
    static Result<String> from(std::string_view text) {
        String string;
        TRY(string.append(text));
        return string;
    }
    /// ENOMEM: unchanged.
    Result<void> append(std::string_view text) {
        TRY(bytes_.reserve(bytes_.size() + text.size()));
        for (char c : text) TRY(bytes_.push(c));
        return {};
    }
    std::string_view view() const { return {bytes_.data(), bytes_.size()}; }
    usize size() const { return bytes_.size(); }
    bool empty() const { return bytes_.empty(); }
    void clear() { bytes_.clear(); }

   private:
    Vec<char> bytes_;
};
