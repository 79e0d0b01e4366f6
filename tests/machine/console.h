// SPDX-License-Identifier: MIT
/// @file
/// @brief The person in front of a terminal: types, reads, and waits for what should appear.
/// @chapter testing
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "debugger-ui/rsp/deadline.h"
#include "debugger-ui/rsp/error.h"

namespace machine {

/// The other side said more than a console was told to keep.
class Flood : public Error {
   public:
    using Error::Error;
};

/// Reads and types on the master end of a terminal. What was read and not yet expected is kept, in order.
class Console {
   public:
    /// `master` stays the caller's and must outlive this object.
    explicit Console(int master) : master_(master) {}

    /// What is asked when something does not appear in time; its answer stands in the Timeout.
    void set_witness(std::function<std::string()> witness) { witness_ = std::move(witness); }

    /// Everything is kept; more than this many bytes are a Flood, from whatever call reads them.
    void keep_at_most(std::size_t bytes) { most_ = bytes; }

    /// Types `keys` as fast as the terminal takes them, reading meanwhile so that neither side waits for ever.
    /// @throws Timeout when nothing was taken for the seconds given.
    void type(std::string_view keys, Seconds patience = Seconds(20));
    /// Waits until `text` appears and returns what stood before it; both count as read. @throws Timeout, Error
    std::string expect(std::string_view text, Seconds within = Seconds(20));
    /// The same with a POSIX extended regular expression, over the last 64 KiB; returns the match and its groups.
    std::vector<std::string> expect_match(const std::string& pattern, Seconds within = Seconds(20));
    /// Reads for the whole of `time` and returns what was not read before: for showing that something does *not* appear.
    std::string read_for(Seconds time);
    /// Reads what has appeared, without waiting and without counting it as read.
    void drain();
    /// Everything that ever appeared.
    const std::string& transcript() const { return transcript_; }

   private:
    std::string_view unread() const { return std::string_view(transcript_).substr(read_); }
    /// Reads what is there, waiting for it until the deadline. @throws Timeout naming `awaited`; Error at the end.
    void read_more(const Deadline& deadline, std::string_view awaited);
    /// What stands before `end` of what is unread; all up to and with `end` counts as read afterwards.
    std::string take(std::size_t length, std::size_t end);

    int master_;
    std::string transcript_;
    std::size_t most_ = ~std::size_t{0};
    std::size_t read_ = 0;
    std::function<std::string()> witness_ = [] { return std::string(); };
};

/// A POSIX shell with `prompt` on a console.
class Shell {
   public:
    Shell(Console& console, std::string prompt) : console_(console), prompt_(std::move(prompt)) {}

    /// Waits for the first prompt.
    void wait_for_prompt(Seconds within = Seconds(20)) { console_.expect(prompt_, within); }
    /// Types a command line, waits for the next prompt and returns what the command printed: without the echo, carriage
    /// returns and control sequences.
    std::string run(std::string_view command, Seconds within = Seconds(20));
    /// The exit status of a command whose output does not matter.
    int status_of(std::string_view command, Seconds within = Seconds(20));

   private:
    Console& console_;
    std::string prompt_;
};

/// `text` as a reader sees it: without carriage returns and without the control sequences of a line editor.
std::string plain_text(std::string_view text);

}  // namespace machine
