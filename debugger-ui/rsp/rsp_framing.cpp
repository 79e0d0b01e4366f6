// SPDX-License-Identifier: MIT
/// @file
/// @brief Packing and unpacking of remote serial protocol packets.
/// @chapter observability
#include "debugger-ui/rsp/rsp_framing.h"

#include <cstdio>

namespace machine {
namespace {

constexpr char kEscape = '}';
constexpr char kEscapeBit = 0x20;
constexpr char kRepeat = '*';
/// A run of n more characters is sent as the printable character n + 29.
constexpr int kRepeatBias = 29;

std::uint8_t checksum_of(std::string_view text) {
    unsigned sum = 0;
    for (const char c : text) sum += static_cast<unsigned char>(c);
    return static_cast<std::uint8_t>(sum);
}

std::string two_digits(std::uint8_t byte) { return hex_from_bytes({&byte, 1}); }

int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string expand(std::string_view raw) {
    std::string text;
    for (std::size_t at = 0; at < raw.size(); ++at) {
        const bool has_next = at + 1 < raw.size();
        if (raw[at] == kEscape && has_next) {
            text += static_cast<char>(raw[++at] ^ kEscapeBit);
        } else if (raw[at] == kRepeat && has_next && !text.empty()) {
            const int more = raw[++at] - kRepeatBias;
            if (more > 0 && text.size() < kMostPacketBytes) text.append(static_cast<std::size_t>(more), text.back());
        } else {
            text += raw[at];
        }
    }
    return text;
}

}  // namespace

std::string encode_packet(std::string_view payload) {
    std::string body;
    for (const char c : payload) {
        if (c == '$' || c == '#' || c == kEscape || c == kRepeat) {
            body += kEscape;
            body += static_cast<char>(c ^ kEscapeBit);
        } else {
            body += c;
        }
    }
    return "$" + body + "#" + two_digits(checksum_of(body));
}

void RspReader::feed(std::string_view bytes) {
    for (const char byte : bytes) take(byte);
}

std::optional<RspEvent> RspReader::next() {
    if (events_.empty()) return std::nullopt;
    RspEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

void RspReader::take(char byte) {
    switch (state_) {
    case State::Outside:
        if (byte == '+') events_.push_back({RspEventKind::Acknowledged, {}});
        if (byte == '-') events_.push_back({RspEventKind::Refused, {}});
        if (byte == '$') {
            raw_.clear();
            checksum_.clear();
            state_ = State::Payload;
        }
        break;
    case State::Payload:
        if (byte == '#') {
            state_ = State::Checksum;
        } else {
            raw_ += byte;
            if (raw_.size() > kMostPacketBytes) give_up();
        }
        break;
    case State::Checksum:
        checksum_ += byte;
        if (checksum_.size() == 2) finish_packet();
        break;
    }
}

void RspReader::give_up() {
    state_ = State::Outside;
    raw_.clear();
    events_.push_back({RspEventKind::Oversized, {}});
}

void RspReader::finish_packet() {
    state_ = State::Outside;
    const std::optional<Bytes> sent = bytes_from_hex(checksum_);
    if (sent && sent->front() == checksum_of(raw_)) {
        events_.push_back({RspEventKind::Packet, expand(raw_)});
    } else {
        events_.push_back({RspEventKind::Damaged, {}});
    }
}

std::string hex_from_bytes(std::span<const std::uint8_t> bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

std::optional<Bytes> bytes_from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    Bytes bytes;
    for (std::size_t at = 0; at < text.size(); at += 2) {
        const int high = digit_value(text[at]);
        const int low = digit_value(text[at + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
    return bytes;
}

std::string hex_from_number(std::uint64_t number) {
    char text[17];
    std::snprintf(text, sizeof(text), "%llx", static_cast<unsigned long long>(number));
    return text;
}

std::uint64_t number_from_bytes(std::span<const std::uint8_t> bytes) {
    std::uint64_t number = 0;
    for (std::size_t at = bytes.size(); at-- > 0;) number = number << 8 | bytes[at];
    return number;
}

}  // namespace machine
