// SPDX-License-Identifier: MIT
/// @file
/// @brief The line discipline: what becomes of a byte on its way from the keyboard to a program, and back to the screen.
/// @chapter terminal
///
/// Pure logic without locks or devices, so that all of it is tested on the development machine. The caller holds the
/// terminal's lock.
#pragma once

#include <asm/termbits.h>

#include <span>

#include "lib/types.h"
#include "mm/frames.h"

/// Rows and columns, as TIOCGWINSZ has them.
struct WindowSize {
    u16 rows, columns, x_pixels, y_pixels;
    bool operator==(const WindowSize&) const = default;
};

/// A queue of bytes in one frame.
class TtyQueue {
   public:
    static constexpr usize kBytes = kPageBytes;

    /// ENOMEM.
    Result<void> create();
    usize used() const { return tail_ - head_; }
    usize room() const { return kBytes - used(); }
    bool empty() const { return head_ == tail_; }
    /// Appends; there must be room.
    void push(char byte);
    /// The first bytes that lie in one piece; `pop` then drops as many of them as were used.
    std::span<const char> front() const;
    void pop(usize count) { head_ += count; }
    void clear() { head_ = tail_; }

   private:
    char& at(usize position) const { return reinterpret_cast<char*>(frame_.data())[position % kBytes]; }
    FrameRef frame_;
    usize head_ = 0, tail_ = 0;
};

/// The signals that received bytes stand for, as a set.
struct SignalKeys {
    bool interrupt = false, quit = false, suspend = false;
    bool any() const { return interrupt || quit || suspend; }
};

/// One terminal's modes and its input.
///
///     tail_            line_end_           head_
///       | finished lines  |  being edited    |
///
/// The input is a ring of bytes. A byte that ended a line is marked, so that a read stops there; in raw mode every byte is
/// finished at once. A change of mode loses nothing. What was typed ahead in canonical mode becomes readable as it stands, ^D
/// included; what was typed ahead in raw mode is looked at again as if it came only now, without echo and without signals:
/// lines end where they would have, and are edited by the characters that edit.
class LineDiscipline {
   public:
    /// Bytes of input that are kept. A line without an end that fills them is cut there, so that somebody can read it.
    static constexpr usize kInputBytes = kPageBytes;
    /// Room that `receive` needs in the queue for echo, and `write` in the queue for output.
    static constexpr usize kMaxEcho = 16;
    static constexpr usize kMaxOutput = 8;

    LineDiscipline();
    /// Allocates the input ring. ENOMEM.
    Result<void> create();

    const termios2& modes() const { return modes_; }
    void set_modes(const termios2& modes);
    bool is_canonical() const { return modes_.c_lflag & ICANON; }
    /// Whether ^S stopped the output.
    bool is_output_stopped() const { return output_stopped_; }

    /// Whether `receive` may be called.
    bool has_room() const { return used() < kInputBytes; }
    /// A byte from the line; its echo goes to `echo`, or nowhere where that has no room for kMaxEcho. Answers the signal that it
    /// stands for.
    SignalKeys receive(u8 byte, TtyQueue& echo);

    /// Whether a read would get something: a byte, a finished line or its end.
    bool can_read() const { return line_end_ != tail_; }
    /// Bytes that reads can get now: FIONREAD's answer.
    usize available() const { return line_end_ - tail_; }
    /// Moves up to `to.size()` bytes out: at most to the end of a line in canonical mode. `ended`: the line ended there (or the
    /// file, with no bytes), so the read is complete even if more would fit.
    struct Taken {
        usize count;
        bool ended;
    };
    Taken take(std::span<char> to);
    void flush_input() { tail_ = line_end_ = head_; }

    /// Output processing: writes `byte` as the screen is to get it.
    void write(char byte, TtyQueue& out);

   private:
    enum class Mark : u8 { None = 0, LineEnd = 1, EndOfFile = 2 };
    usize used() const { return head_ - tail_; }
    bool local(u32 bit) const { return modes_.c_lflag & bit; }
    bool is(u8 byte, unsigned control) const { return modes_.c_cc[control] != 0 && byte == modes_.c_cc[control]; }
    u8& byte_at(usize position) const { return reinterpret_cast<u8*>(bytes_.data())[position % kInputBytes]; }
    u8& mark_at(usize position) const { return reinterpret_cast<u8*>(marks_.data())[position % kInputBytes]; }
    bool translate(u8& byte) const;
    bool control_flow(u8 byte);
    SignalKeys signal_for(u8 byte) const;
    void store(u8 byte, Mark mark);
    void receive_plain(u8 byte, TtyQueue& echo);
    void receive_canonical(u8 byte, TtyQueue& echo);
    bool edit(u8 byte, TtyQueue& echo);
    void reprocess();
    void erase_one(TtyQueue& echo);
    void erase_word(TtyQueue& echo);
    void erase_line(TtyQueue& echo);
    void reprint(TtyQueue& echo);
    void echo_byte(u8 byte, TtyQueue& echo);
    void show(u8 byte, TtyQueue& echo);
    usize width_at(usize position) const;
    usize width_at_column(u8 byte, usize column) const;
    bool shows_as_control(u8 byte) const { return (byte < 32 || byte == 127) && byte != '\t' && local(ECHOCTL); }

    termios2 modes_{};
    FrameRef bytes_, marks_;
    usize tail_ = 0;      ///< the next byte that a read gets
    usize line_end_ = 0;  ///< up to here lines are finished
    usize head_ = 0;      ///< where the next byte goes
    bool literal_next_ = false;
    bool output_stopped_ = false;
    bool silent_ = false;    ///< nothing is echoed: reprocessing
    usize column_ = 0;       ///< where the cursor stands, for tabs
    usize line_column_ = 0;  ///< where the line being edited began
};
