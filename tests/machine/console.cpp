// SPDX-License-Identifier: MIT
/// @file
/// @brief Typing, reading and waiting on a terminal.
/// @chapter testing
#include "tests/machine/console.h"

#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "debugger-ui/rsp/error.h"
#include "debugger-ui/rsp/file.h"

namespace machine {
namespace {

constexpr std::size_t kSearchBytes = 64 * 1024;
constexpr std::size_t kTailBytes = 2000;

/// A compiled regular expression.
class Expression {
   public:
    explicit Expression(const std::string& pattern) {
        if (::regcomp(&compiled_, pattern.c_str(), REG_EXTENDED | REG_NEWLINE) != 0)
            throw Error("bad regex " + pattern);
    }
    ~Expression() { ::regfree(&compiled_); }
    Expression(const Expression&) = delete;
    Expression& operator=(const Expression&) = delete;

    /// The match and its groups; `end` is where the match ends in `text`. Empty: no match.
    std::vector<std::string> find(const std::string& text, std::size_t& end) const {
        std::vector<regmatch_t> groups(compiled_.re_nsub + 1);
        std::vector<std::string> texts;
        if (::regexec(&compiled_, text.c_str(), groups.size(), groups.data(), 0) != 0) return texts;
        for (const regmatch_t& group : groups) {
            const auto begin = static_cast<std::size_t>(std::max(group.rm_so, 0));
            texts.push_back(text.substr(begin, static_cast<std::size_t>(group.rm_eo - group.rm_so)));
        }
        end = static_cast<std::size_t>(groups[0].rm_eo);
        return texts;
    }

   private:
    regex_t compiled_;
};

}  // namespace

void Console::type(std::string_view keys, Seconds patience) {
    while (!keys.empty()) {
        pollfd end{master_, POLLIN | POLLOUT, 0};
        if (::poll(&end, 1, Deadline(patience).poll_milliseconds()) <= 0) {
            throw Timeout("the terminal takes no more input");
        }
        if (end.revents & (POLLIN | POLLHUP)) read_more(Deadline(patience), "its end");
        if (end.revents & POLLOUT) {
            // A terminal's input queue is short, and a write larger than its room would wait: a few bytes at a time.
            const ssize_t typed = ::write(master_, keys.data(), std::min<std::size_t>(keys.size(), 64));
            if (typed > 0) keys.remove_prefix(static_cast<std::size_t>(typed));
        }
    }
}

std::string Console::expect(std::string_view text, Seconds within) {
    const Deadline deadline(within);
    for (std::size_t searched = 0;;) {
        const std::size_t found = unread().find(text, searched);
        if (found != std::string_view::npos) return take(found, found + text.size());
        searched = unread().size() - std::min(unread().size(), text.size());
        read_more(deadline, text);
    }
}

std::vector<std::string> Console::expect_match(const std::string& pattern, Seconds within) {
    const Deadline deadline(within);
    const Expression expression(pattern);
    for (;;) {
        const std::size_t skipped = unread().size() - std::min(unread().size(), kSearchBytes);
        const std::string searched(unread().substr(skipped));
        std::size_t end = 0;
        if (auto groups = expression.find(searched, end); !groups.empty()) {
            take(0, skipped + end);
            return groups;
        }
        read_more(deadline, pattern);
    }
}

std::string Console::read_for(Seconds time) {
    const Deadline end(time);
    while (wait_readable(master_, end)) read_more(end, "anything");
    return take(unread().size(), unread().size());
}

void Console::drain() {
    try {
        while (wait_readable(master_, Deadline(Seconds(0)))) read_more(Deadline(Seconds(0)), "its end");
    } catch (const Flood&) { throw; } catch (const Error&) {
        // The other end is closed; what it said is in the transcript.
    }
}

void Console::read_more(const Deadline& deadline, std::string_view awaited) {
    const auto tail = [this] {
        const std::size_t begin = transcript_.size() - std::min(transcript_.size(), kTailBytes);
        return "\n--- the terminal's last output ---\n" + plain_text(transcript_.substr(begin)) + "\n---";
    };
    if (!wait_readable(master_, deadline))
        throw Timeout("waited in vain for \"" + std::string(awaited) + "\"" + tail() + witness_());
    char buffer[16384];
    const ssize_t got = ::read(master_, buffer, sizeof(buffer));
    // EIO is how a terminal's master learns that nobody has the other end open any more.
    if (got <= 0) throw Error("the terminal closed while waiting for \"" + std::string(awaited) + "\"" + tail());
    transcript_.append(buffer, static_cast<std::size_t>(got));
    if (transcript_.size() > most_) throw Flood("more than " + std::to_string(most_) + " bytes on the console");
}

std::string Console::take(std::size_t length, std::size_t end) {
    std::string text(unread().substr(0, length));
    read_ += end;
    return text;
}

std::string Shell::run(std::string_view command, Seconds within) {
    console_.type(std::string(command) + "\n");
    // The first line is the echo of the command itself.
    console_.expect("\n", within);
    return plain_text(console_.expect(prompt_, within));
}

int Shell::status_of(std::string_view command, Seconds within) {
    const std::string text = run(std::string(command) + " >/dev/null 2>&1; echo $?", within);
    return std::stoi(text);
}

std::string plain_text(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\r') continue;
        if (text.substr(at, 2) == "\x1b[") {
            // A control sequence ends with its first letter or other byte from '@' on.
            for (at += 2; at < text.size() && (text[at] < '@' || text[at] > '~');) ++at;
            continue;
        }
        plain += text[at];
    }
    return plain;
}

}  // namespace machine
