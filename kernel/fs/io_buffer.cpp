// SPDX-License-Identifier: MIT
/// @file
/// @brief Moving bytes into and out of user memory in pieces, and kernel memory.
/// @chapter files
#include "fs/io_buffer.h"

#include <algorithm>

Result<void> IoBuffer::put_zeros(u64 bytes) {
    static constexpr std::byte kZeros[256] = {};
    while (bytes > 0) {
        const u64 step = std::min<u64>(bytes, sizeof(kZeros));
        TRY(put({kZeros, step}));
        bytes -= step;
    }
    return {};
}

static u64 total_size(std::span<const UserSpan> pieces) {
    u64 total = 0;
    for (const UserSpan& piece : pieces) total += piece.size();
    return total;
}

UserBuffer::UserBuffer(std::span<UserSpan> pieces) : IoBuffer(total_size(pieces)), pieces_(pieces) {}

/// Calls `move(piece, done, step)` for the pieces that the next `bytes` lie in.
template <class Move>
Result<void> UserBuffer::each_piece(u64 bytes, Move&& move) {
    for (u64 done = 0; done < bytes;) {
        while (pieces_.front().empty()) pieces_ = pieces_.subspan(1);
        const u64 step = std::min(bytes - done, pieces_.front().size());
        TRY(move(pieces_.front(), done, step));
        done += step;
        size_ -= step;
    }
    return {};
}

Result<void> UserBuffer::put(std::span<const std::byte> from) {
    CHECK(from.size() <= size_, from.size(), size_);
    return each_piece(from.size(),
                      [&](UserSpan& piece, u64 done, u64 step) { return piece.put(from.subspan(done, step)); });
}

Result<void> UserBuffer::take(std::span<std::byte> to) {
    CHECK(to.size() <= size_, to.size(), size_);
    return each_piece(to.size(),
                      [&](UserSpan& piece, u64 done, u64 step) { return piece.take(to.subspan(done, step)); });
}

Result<void> KernelBuffer::put(std::span<const std::byte> from) {
    CHECK(from.size() <= size_, from.size(), size_);
    std::copy(from.begin(), from.end(), memory_.begin());
    memory_ = memory_.subspan(from.size());
    size_ -= from.size();
    return {};
}

Result<void> KernelBuffer::take(std::span<std::byte> to) {
    CHECK(to.size() <= size_, to.size(), size_);
    std::copy_n(memory_.begin(), to.size(), to.begin());
    memory_ = memory_.subspan(to.size());
    size_ -= to.size();
    return {};
}
