// SPDX-License-Identifier: MIT
/// @file
/// @brief Numbers as text.
/// @chapter machine
#include "lib/format.h"

#include <algorithm>

#include "lib/string.h"

void BufferSink::write(std::string_view text) {
    const usize fitting = std::min(text.size(), buffer_.size() - used_);
    memcpy(buffer_.data() + used_, text.data(), fitting);
    used_ += fitting;
    if (fitting < text.size()) truncated_ = true;
}

namespace {

/// Writes `number` to the base with at least `digits` digits, filled up with `fill`.
void put_number(Sink& sink, u64 number, unsigned base, unsigned digits, char fill) {
    char buffer[64];
    usize at = sizeof(buffer);
    do {
        buffer[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    while (sizeof(buffer) - at < digits && at > 0) buffer[--at] = fill;
    sink.write({buffer + at, sizeof(buffer) - at});
}

}  // namespace

void put(Sink& sink, std::string_view text) { sink.write(text); }
void put(Sink& sink, char c) { sink.write({&c, 1}); }
void put(Sink& sink, Hex number) {
    sink.write("0x");
    put_number(sink, number.value, 16, number.digits, '0');
}
void put(Sink& sink, Padded number) { put_number(sink, number.value, 10, number.width, ' '); }
void put_unsigned(Sink& sink, u64 number) { put_number(sink, number, 10, 1, '0'); }
void put_signed(Sink& sink, i64 number) {
    if (number < 0) sink.write("-");
    put_unsigned(sink, number < 0 ? 0 - static_cast<u64>(number) : static_cast<u64>(number));
}
