// SPDX-License-Identifier: MIT
/// @file
/// @brief Framing, checksums, escapes and hexadecimal of the remote serial protocol.
/// @chapter observability
#include "debug/stub_packet.h"

#include <algorithm>

namespace stub {
namespace {

constexpr u8 kEscape = '}', kEscapeBit = 0x20, kInterrupt = 3;
/// A run: the character, '*', and how often it comes once more as the printable character that many above 29.
constexpr char kRepeat = '*';
constexpr usize kRepeatBias = 29, kFewestRepeats = 3, kMostRepeats = 97;
constexpr char kDigits[] = "0123456789abcdef";

std::optional<u8> digit_value(u8 c) {
    if (c >= '0' && c <= '9') return static_cast<u8>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<u8>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<u8>(c - 'A' + 10);
    return std::nullopt;
}

std::optional<u8> byte_value(std::string_view digits) {
    const auto high = digit_value(static_cast<u8>(digits[0])), low = digit_value(static_cast<u8>(digits[1]));
    if (!high || !low) return std::nullopt;
    return static_cast<u8>(*high << 4 | *low);
}

}  // namespace

LineEvent PacketReader::take(u8 byte) {
    if (byte == '$') {
        state_ = State::Payload;
        sum_ = 0;
        length_ = 0;
        fits_ = true;
        return LineEvent::Nothing;
    }
    const auto digit = digit_value(byte);
    switch (state_) {
    case State::Outside: return take_outside(byte);
    case State::Payload:
    case State::Escaped: take_payload(byte); return LineEvent::Nothing;
    case State::FirstDigit:
        valid_digits_ = digit.has_value();
        claimed_ = static_cast<u8>(digit.value_or(0) << 4);
        state_ = State::SecondDigit;
        return LineEvent::Nothing;
    case State::SecondDigit:
        state_ = State::Outside;
        claimed_ = static_cast<u8>(claimed_ | digit.value_or(0));
        if (!valid_digits_ || !digit || claimed_ != sum_) return LineEvent::Damaged;
        return fits_ ? LineEvent::Packet : LineEvent::TooLong;
    }
    return LineEvent::Nothing;
}

LineEvent PacketReader::take_outside(u8 byte) {
    switch (byte) {
    case '+': return LineEvent::Acknowledged;
    case '-': return LineEvent::Refused;
    case kInterrupt: return LineEvent::Interrupt;
    default: return LineEvent::Nothing;
    }
}

void PacketReader::take_payload(u8 byte) {
    if (byte == '#') {
        state_ = State::FirstDigit;
        return;
    }
    sum_ = static_cast<u8>(sum_ + byte);
    if (state_ == State::Escaped) {
        append(byte ^ kEscapeBit);
        state_ = State::Payload;
    } else if (byte == kEscape) {
        state_ = State::Escaped;
    } else {
        append(byte);
    }
}

void PacketReader::append(u8 byte) {
    fits_ = length_ < kPacketBytes;
    if (fits_) { payload_[length_++] = static_cast<char>(byte); }
}

void PacketWriter::begin() {
    bytes_[0] = '$';
    length_ = 1;
}

void PacketWriter::write(std::string_view text) {
    for (const char c : text) {
        const bool special = c == '$' || c == '#' || c == kRepeat || c == kEscape;
        if (special) append(kEscape);
        append(special ? static_cast<char>(c ^ kEscapeBit) : c);
    }
}

void PacketWriter::append(char byte) {
    if (length_ > kPacketBytes) return;
    bytes_[length_++] = byte;
}

/// Replaces `run` characters that are all the same by one and a count, where that is shorter. Counts that would be
/// characters of the framing are not used.
usize PacketWriter::put_run(usize at, char byte, usize run) {
    while (run > 0) {
        usize more = std::min<usize>(run - 1, kMostRepeats);
        while (more == '#' - kRepeatBias || more == '$' - kRepeatBias || more == '+' - kRepeatBias ||
               more == '-' - kRepeatBias) {
            --more;
        }
        bytes_[at++] = byte;
        if (more < kFewestRepeats) {
            --run;
            continue;
        }
        bytes_[at++] = kRepeat;
        bytes_[at++] = static_cast<char>(kRepeatBias + more);
        run -= 1 + more;
    }
    return at;
}

void PacketWriter::pack() {
    usize to = 1;
    for (usize from = 1; from < length_;) {
        if (bytes_[from] == kEscape) {
            // What is escaped stays as it is: some clients repeat before they take escapes away, some after.
            for (usize count = 0; count < 2 && from < length_; ++count) bytes_[to++] = bytes_[from++];
            continue;
        }
        usize run = 1;
        while (from + run < length_ && bytes_[from + run] == bytes_[from]) ++run;
        const char byte = bytes_[from];
        from += run;
        to = put_run(to, byte, run);
    }
    length_ = to;
}

void PacketWriter::end() {
    pack();
    u8 sum = 0;
    for (usize at = 1; at < length_; ++at) sum = static_cast<u8>(sum + static_cast<u8>(bytes_[at]));
    bytes_[length_++] = '#';
    bytes_[length_++] = kDigits[sum >> 4];
    bytes_[length_++] = kDigits[sum & 15];
}

void put_bytes(Sink& sink, std::span<const u8> bytes) {
    for (const u8 byte : bytes) {
        const char digits[] = {kDigits[byte >> 4], kDigits[byte & 15]};
        sink.write({digits, 2});
    }
}

void put_number(Sink& sink, u64 number) {
    char digits[16];
    usize begin = sizeof(digits);
    do {
        digits[--begin] = kDigits[number & 15];
        number >>= 4;
    } while (number != 0);
    sink.write({digits + begin, sizeof(digits) - begin});
}

std::optional<u64> Arguments::number() {
    u64 value = 0;
    usize digits = 0;
    for (; digits < left_.size(); ++digits) {
        const auto digit = digit_value(static_cast<u8>(left_[digits]));
        if (!digit) break;
        if (digits == 16) return std::nullopt;
        value = value << 4 | *digit;
    }
    if (digits == 0) return std::nullopt;
    left_.remove_prefix(digits);
    return value;
}

bool Arguments::skip(std::string_view text) {
    if (!left_.starts_with(text)) return false;
    left_.remove_prefix(text.size());
    return true;
}

bool Arguments::bytes(std::span<u8> bytes) {
    if (left_.size() / 2 < bytes.size()) return false;
    for (usize at = 0; at < bytes.size(); ++at) {
        const auto value = byte_value(left_.substr(2 * at, 2));
        if (!value) return false;
        bytes[at] = *value;
    }
    left_.remove_prefix(2 * bytes.size());
    return true;
}

}  // namespace stub
