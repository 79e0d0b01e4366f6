// SPDX-License-Identifier: MIT
/// @file
/// @brief A program that runs for as long as its object lives, on a terminal of its own.
/// @chapter testing
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "debugger-ui/rsp/deadline.h"
#include "debugger-ui/rsp/file.h"

namespace machine {

struct TerminalSize {
    unsigned short rows = 24;
    unsigned short columns = 200;
};

/// Both ends of a pseudo-terminal.
struct Terminal {
    explicit Terminal(TerminalSize size);

    File master;  ///< ours
    File slave;   ///< the program's; kept so that its settings can be read after the program's end
};

/// How a program ended: its exit status, or 128 + the signal that killed it, as a shell counts.
using ExitStatus = int;

/// A running program in a session of its own. It does not outlive this object, nor this process.
class Child {
   public:
    /// Starts `command` (looked up in PATH) with `terminal` as its controlling terminal, input and output; its error
    /// messages go to the file `errors`, or to the terminal where that is empty. @throws Error
    static Child start(const std::vector<std::string>& command, const Terminal& terminal,
                       const std::filesystem::path& errors = {});
    /// The same without a terminal, on descriptors of the caller's.
    struct Standard {
        int input, output, errors;
    };
    static Child start(const std::vector<std::string>& command, const Standard& standard);
    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;
    /// Kills and reaps.
    ~Child();

    pid_t pid() const { return pid_; }
    /// Sends a signal to the program alone; nothing happens once it has ended.
    void signal(int number);
    /// Waits for the end. Nothing: still running at the deadline.
    std::optional<ExitStatus> wait(const Deadline& deadline);
    bool has_ended() { return wait(Deadline(Seconds(0))).has_value(); }

   private:
    explicit Child(pid_t pid) : pid_(pid) {}
    pid_t pid_;
    std::optional<ExitStatus> status_;
};

}  // namespace machine
