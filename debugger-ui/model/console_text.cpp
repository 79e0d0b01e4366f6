// SPDX-License-Identifier: MIT
/// @file
/// @brief Putting the lines of a console together.
/// @chapter observability
#include "debugger-ui/model/console_text.h"

#include <algorithm>
#include <cstdlib>

namespace debugger {
namespace {

constexpr usize kMostLines = 5000, kMostColumns = 1000;
constexpr char kEscape = 0x1b, kBell = 0x07, kBackspace = 0x08;

}  // namespace

void ConsoleText::feed(std::string_view bytes) {
    for (const char byte : bytes) take(byte);
}

void ConsoleText::take(char byte) {
    switch (state_) {
    case State::Text:
        if (byte == kEscape) {
            state_ = State::Escape;
        } else if (static_cast<unsigned char>(byte) < ' ') {
            take_control(byte);
        } else {
            put(byte);
        }
        return;
    case State::Escape:
        parameters_.clear();
        state_ = byte == '[' ? State::Sequence : byte == ']' ? State::Title : State::Text;
        return;
    case State::Sequence:
        if (byte >= '@' && byte <= '~') {
            end_sequence(byte);
            state_ = State::Text;
        } else if (parameters_.size() < 16) {
            parameters_ += byte;
        }
        return;
    case State::Title:
        if (byte == kBell || byte == '\\') state_ = State::Text;
        return;
    }
}

void ConsoleText::take_control(char byte) {
    if (byte == '\r') column_ = 0;
    if (byte == kBackspace && column_ > 0) --column_;
    if (byte == '\t') {
        do { put(' '); } while (column_ % 8 != 0);
    }
    if (byte == '\n') begin_line();
}

void ConsoleText::begin_line() {
    lines_.emplace_back();
    column_ = 0;
    if (lines_.size() > kMostLines) lines_.pop_front();
}

/// Only what stays in the line: erase, and the cursor's column.
void ConsoleText::end_sequence(char final_byte) {
    const auto count =
        static_cast<usize>(std::clamp(std::atoi(parameters_.c_str()), 0, static_cast<int>(kMostColumns)));
    std::string& line = lines_.back();
    if (final_byte == 'K' && count == 0) line.resize(std::min(line.size(), column_));
    if (final_byte == 'C') column_ = std::min(column_ + std::max<usize>(count, 1), kMostColumns);
    if (final_byte == 'D') column_ -= std::min(column_, std::max<usize>(count, 1));
    if (final_byte == 'J' && count == 0) line.resize(std::min(line.size(), column_));
    if (final_byte == 'J' && count == 2) begin_line();
    if (final_byte == 'G') column_ = std::max<usize>(count, 1) - 1;
}

void ConsoleText::put(char byte) {
    if (column_ >= kMostColumns) return;
    std::string& line = lines_.back();
    if (line.size() < column_) line.resize(column_, ' ');
    if (column_ < line.size()) {
        line[column_] = byte;
    } else {
        line += byte;
    }
    ++column_;
}

}  // namespace debugger
