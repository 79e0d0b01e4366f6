// SPDX-License-Identifier: MIT
/// @file
/// @brief Text out of values, without allocation: a sink, and `put` for every type that is ever printed.
/// @chapter machine
#pragma once

#include <concepts>
#include <span>
#include <string_view>

#include "lib/types.h"

/// Where text goes: a console, a buffer, a file of /proc.
class Sink {
   public:
    virtual void write(std::string_view text) = 0;

   protected:
    ~Sink() = default;
};

/// A sink into fixed memory; what does not fit is dropped and `truncated()` says so.
class BufferSink final : public Sink {
   public:
    explicit BufferSink(std::span<char> buffer) : buffer_(buffer) {}
    void write(std::string_view text) override;
    std::string_view view() const { return {buffer_.data(), used_}; }
    bool truncated() const { return truncated_; }

   private:
    std::span<char> buffer_;
    usize used_ = 0;
    bool truncated_ = false;
};

/// A number to print as 0x… with at least `digits` digits.
struct Hex {
    u64 value;
    unsigned digits = 1;
};
/// A number or text to print right-aligned (or text left-aligned) in `width` columns.
struct Padded {
    u64 value;
    unsigned width;
};

void put(Sink& sink, std::string_view text);
void put(Sink& sink, char c);
void put(Sink& sink, Hex number);
void put(Sink& sink, Padded number);
void put_unsigned(Sink& sink, u64 number);
void put_signed(Sink& sink, i64 number);
template <std::unsigned_integral T>
void put(Sink& sink, T number) {
    put_unsigned(sink, number);
}
template <std::signed_integral T>
void put(Sink& sink, T number) {
    put_signed(sink, number);
}
template <class Kind>
void put(Sink& sink, Address<Kind> address) {
    put(sink, Hex{address.raw, 1});
}

/// Writes every argument in order: `print(sink, "pid ", pid, ": ", Hex{rip}, '\n')`.
template <class... Args>
void print(Sink& sink, const Args&... args) {
    (put(sink, args), ...);
}
