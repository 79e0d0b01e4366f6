// SPDX-License-Identifier: MIT
/// @file
/// @brief The one border between kernel and user memory: copies that can fail, and a typed user pointer.
/// @chapter linux-interface
#pragma once

#include <span>

#include "lib/string.h"
#include "lib/types.h"
#include "x86/paging.h"

/// Copies into or out of the current process. EFAULT: some byte cannot be reached (or lies outside the user half); how many
/// were copied is undefined. May fault pages in and sleep: no spinning lock may be held.
Result<void> copy_from_user(void* to, VirtAddr from, u64 bytes);
Result<void> copy_to_user(VirtAddr to, const void* from, u64 bytes);
Result<void> clear_user(VirtAddr to, u64 bytes);
/// Text up to its closing zero. ENAMETOOLONG: more than `limit` bytes. EFAULT.
Result<String> string_from_user(VirtAddr from, usize limit);
/// One 32-bit word, in few instructions. EFAULT.
extern "C" i64 load_user_word(const u32* from);
inline Result<u32> load_user(VirtAddr at) {
    const i64 word = at < kUserEnd ? load_user_word(reinterpret_cast<const u32*>(at.raw)) : -1;
    return word < 0 ? Result<u32>(Error{EFAULT}) : Result<u32>(static_cast<u32>(word));
}
/// Atomically compares a 32-bit word with `expected` and, where equal, stores `desired`; answers what was there. EFAULT.
Result<u32> compare_exchange_user(VirtAddr at, u32 expected, u32 desired);

/// A pointer that came from ring 3: an address to copy from or to, never to follow.
template <class T>
class UserPtr {
    static_assert(std::is_trivially_copyable_v<T>);

   public:
    constexpr UserPtr() = default;
    constexpr explicit UserPtr(u64 raw) : address_(raw) {}
    constexpr explicit UserPtr(VirtAddr address) : address_(address) {}

    /// EFAULT: not reachable.
    Result<T> read() const {
        T value;
        TRY(copy_from_user(&value, address_, sizeof(T)));
        return value;
    }
    Result<void> write(const T& value) const { return copy_to_user(address_, &value, sizeof(T)); }
    UserPtr operator+(u64 elements) const { return UserPtr(address_ + elements * sizeof(T)); }
    VirtAddr address() const { return address_; }
    explicit operator bool() const { return address_.raw != 0; }

   private:
    VirtAddr address_;
};

/// A range of user memory that a read or write moves bytes to or from.
class UserSpan {
   public:
    UserSpan(VirtAddr address, u64 bytes) : address_(address), bytes_(bytes) {}
    u64 size() const { return bytes_; }
    bool empty() const { return bytes_ == 0; }
    /// Copies `from` to the start of the span, which then starts after it; `from` must fit. EFAULT: the span is unchanged.
    Result<void> put(std::span<const std::byte> from);
    /// Copies the start of the span into `to`, then starts after it; `to` must not be longer. EFAULT: unchanged.
    Result<void> take(std::span<std::byte> to);
    VirtAddr address() const { return address_; }

   private:
    VirtAddr address_;
    u64 bytes_;
};
