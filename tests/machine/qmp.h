// SPDX-License-Identifier: MIT
/// @file
/// @brief QEMU's own control channel: pause, inspect and end the emulator.
/// @chapter testing
/// @spec{QEMU Machine Protocol Specification}
#pragma once

#include <string>
#include <string_view>

#include "debugger-ui/rsp/file.h"

namespace machine {

/// A QMP session, past its greeting.
class Qmp {
   public:
    explicit Qmp(Stream stream, Seconds answer = Seconds(20));

    /// Executes a command; `arguments` is a JSON object or empty. Returns the line of JSON that answers; events that come
    /// meanwhile are dropped. @throws Error with QEMU's words when it refuses
    std::string execute(std::string_view command, std::string_view arguments = {});
    /// A command of the human monitor, and its text.
    std::string monitor(std::string_view command);

   private:
    std::string read_line();

    Stream stream_;
    Seconds answer_;
    std::string unread_;
};

}  // namespace machine
