// SPDX-License-Identifier: MIT
/// @file
/// @brief The line discipline: echo, and the keys that change the line being typed.
/// @chapter terminal
#include "drivers/line_discipline.h"

/// Whether `byte` edits the line instead of becoming part of it.
bool LineDiscipline::edit(u8 byte, TtyQueue& echo) {
    if (is(byte, VERASE)) return erase_one(echo), true;
    if (is(byte, VKILL)) return erase_line(echo), true;
    if (!local(IEXTEN)) return false;
    if (is(byte, VWERASE)) return erase_word(echo), true;
    if (is(byte, VREPRINT)) return reprint(echo), true;
    if (!is(byte, VLNEXT)) return false;
    literal_next_ = true;
    if (local(ECHO) && local(ECHOCTL) && !silent_) {
        echo.push('^');
        echo.push('\b');
    }
    return true;
}

/// Columns that the byte at `position` of the line being typed takes on the screen.
usize LineDiscipline::width_at(usize position) const {
    const u8 byte = byte_at(position);
    if (byte == '\t') {
        // Where a tab began depends on everything before it.
        usize column = line_column_;
        for (usize at = line_end_; at != position; ++at) column += width_at_column(byte_at(at), column);
        return 8 - column % 8;
    }
    return width_at_column(byte, 0);
}

/// Columns that `byte` takes when the cursor stands at `column`.
usize LineDiscipline::width_at_column(u8 byte, usize column) const {
    if (byte == '\t') return 8 - column % 8;
    if (byte < 32 || byte == 127) return local(ECHOCTL) ? 2 : 0;
    if ((modes_.c_iflag & IUTF8) && (byte & 0xc0) == 0x80) return 0;
    return 1;
}

/// Takes the last character off the line, with all bytes of it where the input is UTF-8, and wipes it from the screen.
void LineDiscipline::erase_one(TtyQueue& echo) {
    if (head_ == line_end_) return;
    usize width = 0;
    bool continues;
    do {
        --head_;
        width += width_at(head_);
        continues = (modes_.c_iflag & IUTF8) && (byte_at(head_) & 0xc0) == 0x80;
    } while (continues && head_ != line_end_);
    if (!local(ECHO) || silent_ || echo.room() < 3 * width) return;
    if (!local(ECHOE)) return show(modes_.c_cc[VERASE], echo);
    for (usize i = 0; i < width; ++i) {
        for (const char c : {'\b', ' ', '\b'}) echo.push(c);
    }
    column_ -= width < column_ ? width : column_;
}

static bool is_word_byte(u8 byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           byte == '_' || byte >= 128;
}

/// Takes off what is no word, and then the word before it.
void LineDiscipline::erase_word(TtyQueue& echo) {
    while (head_ != line_end_ && !is_word_byte(byte_at(head_ - 1))) erase_one(echo);
    while (head_ != line_end_ && is_word_byte(byte_at(head_ - 1))) erase_one(echo);
}

/// Takes the whole line off. Where wiping it would not fit into the queue, or is not wanted, a new line begins on the screen.
void LineDiscipline::erase_line(TtyQueue& echo) {
    const bool wipes = local(ECHOK) && local(ECHOKE) && local(ECHOE) && echo.room() / 6 > head_ - line_end_ + 8;
    if (wipes) {
        while (head_ != line_end_) erase_one(echo);
        return;
    }
    head_ = line_end_;
    if (!local(ECHO) || silent_) return;
    show(modes_.c_cc[VKILL], echo);
    if (local(ECHOK)) write('\n', echo);
}

/// Shows the line anew below.
void LineDiscipline::reprint(TtyQueue& echo) {
    if (!local(ECHO) || silent_ || echo.room() / kMaxOutput < head_ - line_end_ + 4) return;
    show(modes_.c_cc[VREPRINT], echo);
    write('\n', echo);
    for (usize at = line_end_; at != head_; ++at) show(byte_at(at), echo);
}

/// Echoes a byte that is about to be stored.
void LineDiscipline::echo_byte(u8 byte, TtyQueue& echo) {
    if (head_ == line_end_) line_column_ = column_;
    if (local(ECHO) && !silent_) show(byte, echo);
}

/// Writes a byte to the screen, a control character as ^X.
void LineDiscipline::show(u8 byte, TtyQueue& echo) {
    if (byte == '\n' || !shows_as_control(byte)) return write(static_cast<char>(byte), echo);
    write('^', echo);
    write(static_cast<char>(byte ^ 0x40), echo);
}
