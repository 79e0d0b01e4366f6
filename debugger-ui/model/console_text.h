// SPDX-License-Identifier: MIT
/// @file
/// @brief What a machine's console shows, line by line: as much of a terminal as logs and shells need.
/// @chapter observability
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "lib/types.h"

namespace debugger {

/// Takes bytes as they come; escape sequences are understood where they move within the line, and else left out.
class ConsoleText {
   public:
    void feed(std::string_view bytes);
    /// Oldest first; the last one is still being written.
    const std::deque<std::string>& lines() const { return lines_; }
    /// Where the next character goes, in the last line.
    usize column() const { return column_; }

   private:
    enum class State : u8 { Text, Escape, Sequence, Title };
    void take(char byte);
    void take_control(char byte);
    void end_sequence(char final_byte);
    void begin_line();
    void put(char byte);

    State state_ = State::Text;
    std::string parameters_;
    usize column_ = 0;  ///< in bytes of the last line
    std::deque<std::string> lines_{{}};
};

}  // namespace debugger
