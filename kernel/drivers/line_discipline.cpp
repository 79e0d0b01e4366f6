// SPDX-License-Identifier: MIT
/// @file
/// @brief The line discipline: modes, input, output processing. Editing and echo are line_editing.cpp's.
/// @chapter terminal
#include "drivers/line_discipline.h"

#include <algorithm>

Result<void> TtyQueue::create() {
    frame_ = TRY(FrameRef::allocate(Fill::Nothing));
    return {};
}

void TtyQueue::push(char byte) {
    CHECK(room() > 0);
    at(tail_++) = byte;
}

std::span<const char> TtyQueue::front() const {
    const usize to_end = kBytes - head_ % kBytes;
    return {&at(head_), std::min(used(), to_end)};
}

/// What a terminal on a serial line starts with, as Linux has it.
LineDiscipline::LineDiscipline() {
    modes_.c_iflag = ICRNL | IXON;
    modes_.c_oflag = OPOST | ONLCR;
    modes_.c_cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL;
    modes_.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
    modes_.c_ispeed = modes_.c_ospeed = 115200;
    static constexpr struct {
        u8 index, byte;
    } kCharacters[] = {{VINTR, 3},     {VQUIT, 28},   {VERASE, 127}, {VKILL, 21}, {VEOF, 4},
                       {VMIN, 1},      {VSTART, 17},  {VSTOP, 19},   {VSUSP, 26}, {VREPRINT, 18},
                       {VDISCARD, 15}, {VWERASE, 23}, {VLNEXT, 22}};
    for (const auto& each : kCharacters) modes_.c_cc[each.index] = each.byte;
}

Result<void> LineDiscipline::create() {
    bytes_ = TRY(FrameRef::allocate(Fill::Zero));
    marks_ = TRY(FrameRef::allocate(Fill::Zero));
    return {};
}

void LineDiscipline::set_modes(const termios2& modes) {
    const bool was_canonical = is_canonical();
    modes_ = modes;
    if (!(modes_.c_iflag & IXON)) output_stopped_ = false;
    literal_next_ = false;
    if (was_canonical && !is_canonical()) line_end_ = head_;
    if (!was_canonical && is_canonical()) reprocess();
}

/// Looks at the unread bytes again, in canonical mode. They can only become fewer, so each is read before its place is reused.
void LineDiscipline::reprocess() {
    const usize end = head_;
    head_ = line_end_ = tail_;
    silent_ = true;
    TtyQueue nowhere;
    for (usize position = tail_; position != end; ++position) receive_canonical(byte_at(position), nowhere);
    silent_ = false;
    literal_next_ = false;
}

/// Input translation. False: the byte is dropped.
bool LineDiscipline::translate(u8& byte) const {
    if (modes_.c_iflag & ISTRIP) byte &= 0x7f;
    if (byte == '\r') {
        if (modes_.c_iflag & IGNCR) return false;
        if (modes_.c_iflag & ICRNL) byte = '\n';
    } else if (byte == '\n' && (modes_.c_iflag & INLCR)) {
        byte = '\r';
    }
    return true;
}

/// ^S and ^Q. True: the byte was one of them.
bool LineDiscipline::control_flow(u8 byte) {
    if (!(modes_.c_iflag & IXON)) return false;
    if (is(byte, VSTOP)) return output_stopped_ = true;
    if (is(byte, VSTART)) return output_stopped_ = false, true;
    return false;
}

SignalKeys LineDiscipline::signal_for(u8 byte) const {
    if (!local(ISIG)) return {};
    return {.interrupt = is(byte, VINTR), .quit = is(byte, VQUIT), .suspend = is(byte, VSUSP)};
}

SignalKeys LineDiscipline::receive(u8 byte, TtyQueue& echo) {
    silent_ = echo.room() < kMaxEcho;
    if (literal_next_) {
        literal_next_ = false;
        receive_plain(byte, echo);
        return {};
    }
    if (!translate(byte) || control_flow(byte)) return {};
    const SignalKeys signals = signal_for(byte);
    if (signals.any()) {
        if (!local(NOFLSH)) flush_input();
        output_stopped_ = false;
        echo_byte(byte, echo);
    } else if (is_canonical()) {
        receive_canonical(byte, echo);
    } else {
        receive_plain(byte, echo);
    }
    return signals;
}

void LineDiscipline::receive_plain(u8 byte, TtyQueue& echo) {
    echo_byte(byte, echo);
    store(byte, Mark::None);
    if (!is_canonical()) line_end_ = head_;
}

void LineDiscipline::receive_canonical(u8 byte, TtyQueue& echo) {
    if (literal_next_) {
        literal_next_ = false;
        return receive_plain(byte, echo);
    }
    if (edit(byte, echo)) return;
    if (is(byte, VEOF)) {
        store(byte, Mark::EndOfFile);
        line_end_ = head_;
    } else if (byte == '\n' || is(byte, VEOL) || is(byte, VEOL2)) {
        if (byte == '\n' && !local(ECHO) && local(ECHONL) && !silent_) write('\n', echo);
        echo_byte(byte, echo);
        store(byte, Mark::LineEnd);
        line_end_ = head_;
    } else {
        receive_plain(byte, echo);
    }
}

void LineDiscipline::store(u8 byte, Mark mark) {
    CHECK(used() < kInputBytes);
    byte_at(head_) = byte;
    mark_at(head_) = static_cast<u8>(mark);
    ++head_;
    // A line that fills the ring is given to readers in pieces: nobody could finish it otherwise.
    if (used() == kInputBytes && line_end_ == tail_) line_end_ = head_;
}

LineDiscipline::Taken LineDiscipline::take(std::span<char> to) {
    usize count = 0;
    while (can_read() && count < to.size()) {
        const auto mark = is_canonical() ? static_cast<Mark>(mark_at(tail_)) : Mark::None;
        const u8 byte = byte_at(tail_++);
        if (mark == Mark::EndOfFile) return {count, true};
        to[count++] = static_cast<char>(byte);
        if (mark == Mark::LineEnd) return {count, true};
    }
    // The end of the file right behind the last byte that fits belongs to this read: the next must not see it as its own.
    if (count > 0 && is_canonical() && can_read() && static_cast<Mark>(mark_at(tail_)) == Mark::EndOfFile) {
        ++tail_;
        return {count, true};
    }
    return {count, false};
}

void LineDiscipline::write(char byte, TtyQueue& out) {
    if (!(modes_.c_oflag & OPOST)) return out.push(byte);
    if (byte == '\r' && (modes_.c_oflag & OCRNL)) byte = '\n';
    switch (byte) {
    case '\n':
        if (modes_.c_oflag & (ONLCR | ONLRET)) column_ = 0;
        if (modes_.c_oflag & ONLCR) out.push('\r');
        break;
    case '\r':
        if ((modes_.c_oflag & ONOCR) && column_ == 0) return;
        column_ = 0;
        break;
    case '\b':
        if (column_ > 0) --column_;
        break;
    case '\t': {
        const usize width = 8 - column_ % 8;
        column_ += width;
        if ((modes_.c_oflag & TABDLY) != XTABS) break;
        for (usize i = 0; i < width; ++i) out.push(' ');
        return;
    }
    default: {
        const auto code = static_cast<u8>(byte);
        const bool continues = (modes_.c_iflag & IUTF8) && (code & 0xc0) == 0x80;
        if (code >= 32 && code != 127 && !continues) ++column_;
    }
    }
    out.push(byte);
}
