// SPDX-License-Identifier: MIT
/// @file
/// @brief Commands that come while a window is open, line by line.
/// @chapter testing
#pragma once

#include <optional>
#include <string>

namespace debugger {

/// Reads a descriptor without ever waiting for it.
class CommandFeed {
   public:
    explicit CommandFeed(int descriptor) : descriptor_(descriptor) {}
    /// The next whole line, if it has come.
    std::optional<std::string> next();
    /// Whether there may still come something.
    bool is_open() const { return open_ || !text_.empty(); }

   private:
    int descriptor_;
    bool open_ = true;
    std::string text_;
};

}  // namespace debugger
