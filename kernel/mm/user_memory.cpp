// SPDX-License-Identifier: MIT
/// @file
/// @brief Checked copies between kernel and user memory.
/// @chapter linux-interface
#include "mm/user_memory.h"

#include "x86/paging.h"

extern "C" {
u64 copy_user(void* to, const void* from, u64 bytes);
u64 clear_user_bytes(void* to, u64 bytes);
i64 user_text_length(const char* from, u64 limit);
int compare_exchange_user_word(u32* at, u32* expected, u32 desired);
}

namespace {

/// The kernel's half is refused before anything is touched; the user half's own rights are the processor's to check.
bool in_user_half(VirtAddr address, u64 bytes) { return bytes <= kUserEnd.raw && address.raw <= kUserEnd.raw - bytes; }

template <class T>
T* raw_user(VirtAddr address) {
    return reinterpret_cast<T*>(address.raw);
}

}  // namespace

Result<void> copy_from_user(void* to, VirtAddr from, u64 bytes) {
    if (!in_user_half(from, bytes) || copy_user(to, raw_user<void>(from), bytes) != 0) return Error{EFAULT};
    return {};
}

Result<void> copy_to_user(VirtAddr to, const void* from, u64 bytes) {
    if (!in_user_half(to, bytes) || copy_user(raw_user<void>(to), from, bytes) != 0) return Error{EFAULT};
    return {};
}

Result<void> clear_user(VirtAddr to, u64 bytes) {
    if (!in_user_half(to, bytes) || clear_user_bytes(raw_user<void>(to), bytes) != 0) return Error{EFAULT};
    return {};
}

Result<String> string_from_user(VirtAddr from, usize limit) {
    if (from >= kUserEnd) return Error{EFAULT};
    const u64 reachable = kUserEnd - from;
    const i64 length = user_text_length(raw_user<const char>(from), limit < reachable ? limit + 1 : reachable);
    if (length < 0 || static_cast<u64>(length) == reachable) return Error{EFAULT};
    if (static_cast<usize>(length) > limit) return Error{ENAMETOOLONG};
    // The text may have changed since it was measured: what was copied is what counts, up to its first zero.
    String text;
    char part[128];
    for (u64 at = 0; at < static_cast<u64>(length);) {
        const u64 bytes = static_cast<u64>(length) - at < sizeof(part) ? static_cast<u64>(length) - at : sizeof(part);
        TRY(copy_from_user(part, from + at, bytes));
        const std::string_view copied(part, bytes);
        const auto zero = copied.find('\0');
        TRY(text.append(copied.substr(0, zero)));
        if (zero != copied.npos) break;
        at += bytes;
    }
    return text;
}

Result<u32> compare_exchange_user(VirtAddr at, u32 expected, u32 desired) {
    if (!in_user_half(at, sizeof(u32))) return Error{EFAULT};
    if (compare_exchange_user_word(raw_user<u32>(at), &expected, desired) != 0) return Error{EFAULT};
    return expected;
}

Result<void> UserSpan::put(std::span<const std::byte> from) {
    CHECK(from.size() <= bytes_, from.size(), bytes_);
    TRY(copy_to_user(address_, from.data(), from.size()));
    address_ += from.size();
    bytes_ -= from.size();
    return {};
}

Result<void> UserSpan::take(std::span<std::byte> to) {
    CHECK(to.size() <= bytes_, to.size(), bytes_);
    TRY(copy_from_user(to.data(), address_, to.size()));
    address_ += to.size();
    bytes_ -= to.size();
    return {};
}
