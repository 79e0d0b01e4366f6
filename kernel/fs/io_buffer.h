// SPDX-License-Identifier: MIT
/// @file
/// @brief Where a read puts its bytes and a write takes them from: user memory in pieces, or kernel memory.
/// @chapter files
#pragma once

#include <span>

#include "mm/user_memory.h"

/// Bytes on their way between a file and whoever reads or writes it. Starts at its first byte; `put` and `take` move on.
class IoBuffer {
   public:
    /// Bytes that still fit, or are still there.
    u64 size() const { return size_; }
    bool empty() const { return size_ == 0; }

    /// Stores `from`, which must fit. EFAULT: not all of it can be stored; how much was is undefined.
    virtual Result<void> put(std::span<const std::byte> from) = 0;
    /// Fetches exactly `to.size()` bytes, which must be there. EFAULT: as above.
    virtual Result<void> take(std::span<std::byte> to) = 0;
    /// Stores `bytes` zeros. EFAULT: as above.
    Result<void> put_zeros(u64 bytes);

   protected:
    explicit IoBuffer(u64 size) : size_(size) {}
    ~IoBuffer() = default;
    u64 size_;
};

/// User memory: one range, or the ranges of an `iovec` array one after the other. Borrows the array of ranges.
class UserBuffer final : public IoBuffer {
   public:
    explicit UserBuffer(std::span<UserSpan> pieces);
    Result<void> put(std::span<const std::byte> from) override;
    Result<void> take(std::span<std::byte> to) override;

   private:
    template <class Move>
    Result<void> each_piece(u64 bytes, Move&& move);
    std::span<UserSpan> pieces_;
};

/// Kernel memory.
class KernelBuffer final : public IoBuffer {
   public:
    explicit KernelBuffer(std::span<std::byte> memory) : IoBuffer(memory.size()), memory_(memory) {}
    Result<void> put(std::span<const std::byte> from) override;
    Result<void> take(std::span<std::byte> to) override;

   private:
    std::span<std::byte> memory_;
};
