// SPDX-License-Identifier: MIT
/// @file
/// @brief Taking commands line by line.
/// @chapter testing
#include "debugger-ui/app/command_feed.h"

#include <poll.h>
#include <unistd.h>

#include <utility>

namespace debugger {

std::optional<std::string> CommandFeed::next() {
    char buffer[1024];
    for (pollfd ready{descriptor_, POLLIN, 0}; open_ && ::poll(&ready, 1, 0) > 0;) {
        const ssize_t got = ::read(descriptor_, buffer, sizeof(buffer));
        if (got <= 0) {
            open_ = false;
        } else {
            text_.append(buffer, static_cast<std::size_t>(got));
        }
    }
    const std::size_t end = text_.find('\n');
    // What stands behind the last end of a line is a line too, once nothing more can come.
    if (end == std::string::npos)
        return open_ || text_.empty() ? std::nullopt : std::optional(std::exchange(text_, {}));
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return line;
}

}  // namespace debugger
