// SPDX-License-Identifier: MIT
/// @file
/// @brief The stub's side of GDB's remote serial protocol as text: packets in and out of fixed memory, and hexadecimal.
/// @chapter observability
/// @spec{GDB manual, Remote Protocol, Overview}
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "lib/format.h"

namespace stub {

/// The longest payload in either direction.
inline constexpr usize kPacketBytes = 4096;

/// What a byte of the line completed.
enum class LineEvent : u8 {
    Nothing,
    Packet,        ///< a packet with a right checksum: `payload()`
    Damaged,       ///< one with a wrong checksum; it is asked for again
    TooLong,       ///< one with a right checksum that does not fit
    Acknowledged,  ///< '+'
    Refused,       ///< '-': the last packet is wanted once more
    Interrupt,     ///< Ctrl-C, outside of a packet
};

/// Puts packets together from single bytes. Bytes that belong to none are skipped; '$' always begins a new one, because a
/// client may go away in the middle of a packet and another one come.
class PacketReader {
   public:
    LineEvent take(u8 byte);
    /// Without escapes; valid until the next byte.
    std::string_view payload() const { return {payload_, length_}; }
    bool is_inside() const { return state_ != State::Outside; }

   private:
    enum class State : u8 { Outside, Payload, Escaped, FirstDigit, SecondDigit };
    LineEvent take_outside(u8 byte);
    void take_payload(u8 byte);
    void append(u8 byte);

    State state_ = State::Outside;
    u8 sum_ = 0;
    u8 claimed_ = 0;
    bool valid_digits_ = false;
    bool fits_ = true;
    usize length_ = 0;
    char payload_[kPacketBytes] = {};
};

/// A packet being written. What exceeds kPacketBytes is dropped.
class PacketWriter final : public Sink {
   public:
    /// Appends to the payload, escaped where it must be.
    void write(std::string_view text) override;
    /// Forgets what there was and begins a new packet.
    void begin();
    /// Closes the packet, with runs of the same character packed: a serial line is slow, and memory is mostly zeros.
    /// `whole()` is what goes to the line.
    void end();
    std::string_view whole() const { return {bytes_, length_}; }

   private:
    static constexpr usize kFraming = 4;
    void append(char byte);
    usize put_run(usize at, char byte, usize run);
    void pack();
    usize length_ = 0;
    char bytes_[kPacketBytes + kFraming] = {};
};

/// Two lower-case digits for every byte.
void put_bytes(Sink& sink, std::span<const u8> bytes);
/// As the protocol writes addresses and lengths: lower case, no prefix, no leading zeros.
void put_number(Sink& sink, u64 number);

/// Takes apart the arguments of a packet, from the front.
class Arguments {
   public:
    explicit Arguments(std::string_view text) : left_(text) {}
    /// Hexadecimal digits, at most 16. Nothing where none stand here, or more.
    std::optional<u64> number();
    /// Whether `text` stands here; takes it.
    bool skip(std::string_view text);
    /// Fills `bytes` from two digits each. False where they are not there; then nothing is taken.
    bool bytes(std::span<u8> bytes);
    std::string_view rest() const { return left_; }
    bool at_end() const { return left_.empty(); }

   private:
    std::string_view left_;
};

}  // namespace stub
