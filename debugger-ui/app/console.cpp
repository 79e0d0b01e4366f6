// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading and typing into a console.
/// @chapter observability
#include "debugger-ui/app/console.h"

#include <fcntl.h>
#include <unistd.h>

#include "debugger-ui/rsp/error.h"

namespace debugger {
namespace {

/// Taken at a time, so that a console that talks without end does not keep the window from being painted.
constexpr int kPieces = 16;
constexpr machine::Seconds kConnect(5);

}  // namespace

Console::Console(const std::filesystem::path& path, const std::filesystem::path& keys) {
    if (std::filesystem::is_socket(path)) {
        stream_ = machine::Stream::connect(path, machine::Deadline(kConnect));
        return;
    }
    file_ = machine::File(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file_) throw machine::error_from_errno("cannot open the console " + path.string());
    if (keys.empty()) return;
    // A pipe that nobody reads must not hold the window up.
    keys_ = machine::File(::open(keys.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    if (!keys_) throw machine::error_from_errno("cannot type into " + keys.string());
}

bool Console::update() {
    bool any = false;
    char buffer[4096];
    for (int piece = 0; piece < kPieces; ++piece) {
        if (stream_) {
            try {
                if (!stream_->has_input()) break;
                text_.feed(stream_->receive(machine::Deadline(machine::Seconds(0))));
            } catch (const machine::Error&) {
                stream_.reset();
                text_.feed("\r\n[the console is closed]\r\n");
            }
        } else {
            const ssize_t got = file_ ? ::read(file_.get(), buffer, sizeof(buffer)) : 0;
            if (got <= 0) break;
            text_.feed({buffer, static_cast<usize>(got)});
        }
        any = true;
    }
    return any;
}

void Console::type(std::string_view keys) {
    if (keys_ && ::write(keys_.get(), keys.data(), keys.size()) < 0) keys_ = machine::File();
    if (!stream_) return;
    try {
        stream_->send(keys);
    } catch (const machine::Error&) { stream_.reset(); }
}

}  // namespace debugger
