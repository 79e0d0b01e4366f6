// SPDX-License-Identifier: MIT
/// @file
/// @brief The line discipline: what becomes of a byte on its way from the keyboard to a program, and back to the screen.
/// @chapter linux-interface
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
/// The input is a ring of bytes with two positions: up to `line_end_` lines are finished, behind that the last line is still
/// being edited. A byte that ended a line is marked, so that a read stops there. In raw mode every byte is finished at once.
/// A change of mode loses nothing: what was typed ahead becomes readable in the new mode as it stands.
class LineDiscipline {
   public:
    /// Bytes of input that are kept. A line without an end that fills them is cut there, so that somebody can read it.
    static constexpr usize kInputBytes = kPageBytes;
    /// The most that echoing one byte can write.
    static constexpr usize kMaxEcho = 8;

    LineDiscipline();
    /// Allocates the input ring. ENOMEM.
    Result<void> create();

    const termios2& modes() const { return modes_; }
    void set_modes(const termios2& modes);
    bool is_canonical() const { return modes_.c_lflag & ICANON; }

    /// Whether `receive` may be called: there is room for a byte and (seen from the caller) for its echo.
    bool has_room() const { return used() < kInputBytes; }
    /// A byte from the line; its echo goes to `echo`, which has kMaxEcho bytes of room for each byte erased, see needs_echo.
    /// Answers the signal that it stands for.
    SignalKeys receive(u8 byte, TtyQueue& echo);

    /// Whether a read would get something: a finished line (or its end), or VMIN bytes.
    bool can_read() const;
    /// How many bytes a read can get at most now, and FIONREAD's answer.
    usize available() const;
    /// Moves up to `to.size()` bytes out: at most to the end of a line in canonical mode. `ended` tells that the line ended
    /// there, so that the read is complete even if more would fit.
    struct Taken {
        usize count;
        bool ended;
    };
    Taken take(std::span<char> to);
    void flush_input();

    /// Output processing: writes `byte` as the screen is to get it, at most kMaxOutput bytes.
    static constexpr usize kMaxOutput = 8;
    void write(char byte, TtyQueue& out);

   private:
    enum class Mark : u8 { None = 0, LineEnd = 1, EndOfFile = 2 };
    usize used() const { return head_ - tail_; }
    bool flag(u32 word, u32 bit) const { return word & bit; }
    bool is(u8 byte, unsigned control) const { return modes_.c_cc[control] != 0 && byte == modes_.c_cc[control]; }
    u8& byte_at(usize position) const;
    u8& mark_at(usize position) const;
    void store(u8 byte, Mark mark);
    void finish_line() { line_end_ = head_; }
    SignalKeys signal_for(u8 byte) const;
    void edit(u8 byte, TtyQueue& echo);
    void erase_one(TtyQueue& echo);
    void erase_word(TtyQueue& echo);
    void erase_line(TtyQueue& echo);
    void reprint(TtyQueue& echo);
    void echo_byte(u8 byte, TtyQueue& echo);
    void echo_erased(u8 byte, TtyQueue& echo);
    unsigned columns_of(u8 byte) const;

    termios2 modes_{};
    FrameRef bytes_, marks_;
    usize tail_ = 0;       ///< the next byte that a read gets
    usize line_end_ = 0;   ///< up to here lines are finished
    usize head_ = 0;       ///< where the next byte goes
    bool literal_next_ = false;
    usize column_ = 0;     ///< where the cursor stands, for tabs and for erasing them
    usize line_column_ = 0;  ///< where the line being edited began
};
