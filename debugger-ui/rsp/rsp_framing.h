// SPDX-License-Identifier: MIT
/// @file
/// @brief GDB's remote serial protocol as text: packets, checksums, escapes and hexadecimal. No input or output here.
/// @chapter observability
/// @spec{GDB manual, Remote Protocol, Overview}
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace machine {

using Bytes = std::vector<std::uint8_t>;

/// `$payload#checksum`, with the characters escaped that may not stand in a payload.
std::string encode_packet(std::string_view payload);

/// What the other side says between two packets.
enum class RspEventKind {
    Packet,        ///< a packet with a right checksum; `payload` without escapes and with run lengths expanded
    Acknowledged,  ///< '+'
    Refused,       ///< '-': it wants our last packet once more
    Damaged,       ///< a packet with a wrong checksum; we owe a '-'
    Oversized,     ///< a packet that does not end within kMostPacketBytes; the rest of it is skipped
};
/// More than any honest stub sends in a packet, before and after run lengths are expanded.
inline constexpr std::size_t kMostPacketBytes = 1 << 20;
struct RspEvent {
    RspEventKind kind;
    std::string payload;
    bool operator==(const RspEvent&) const = default;
};

/// Cuts a stream of bytes, in whatever pieces it comes, into events. Bytes that belong to none are skipped.
class RspReader {
   public:
    void feed(std::string_view bytes);
    /// The next complete event, if there is one.
    std::optional<RspEvent> next();

   private:
    enum class State { Outside, Payload, Checksum };
    void give_up();
    void take(char byte);
    void finish_packet();

    State state_ = State::Outside;
    std::string raw_;       ///< the payload as it was sent
    std::string checksum_;  ///< its two digits
    std::deque<RspEvent> events_;
};

/// Two lower-case digits for every byte.
std::string hex_from_bytes(std::span<const std::uint8_t> bytes);
/// Nothing where `text` is not an even number of hexadecimal digits.
std::optional<Bytes> bytes_from_hex(std::string_view text);
/// A number as the protocol writes addresses and lengths: lower case, no leading zeros.
std::string hex_from_number(std::uint64_t number);
/// A little-endian number of up to 8 bytes.
std::uint64_t number_from_bytes(std::span<const std::uint8_t> bytes);

}  // namespace machine
