// SPDX-License-Identifier: MIT
/// @file
/// @brief Owned file descriptors and directories, and the streams that the protocols run over.
/// @chapter observability
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "debugger-ui/rsp/deadline.h"

namespace machine {

/// A file descriptor that is closed when it goes.
class File {
   public:
    File() = default;
    explicit File(int descriptor) : descriptor_(descriptor) {}
    File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    File& operator=(File&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~File();

    int get() const { return descriptor_; }
    explicit operator bool() const { return descriptor_ >= 0; }

   private:
    int descriptor_ = -1;
};

/// A directory of our own under the system's temporary one, readable by nobody else, removed with all that is in it.
class TemporaryDirectory {
   public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::filesystem::path& path() const { return path_; }

   private:
    std::filesystem::path path_;
};

/// A connection for bytes in both directions. RSP and QMP run over it; what carries it does not matter to them.
class Stream {
   public:
    /// Takes over a descriptor that is connected already, e.g. one end of a socketpair or a serial line.
    explicit Stream(File file) : file_(std::move(file)) {}
    /// Connects to the Unix socket at `path`, waiting until somebody listens there. @throws Timeout
    static Stream connect(const std::filesystem::path& path, const Deadline& deadline);
    /// Connects to a TCP port. @throws Error where nobody listens
    static Stream connect_tcp(const std::string& host, const std::string& port);

    /// Sends everything. @throws Error when the other side is gone.
    void send(std::string_view bytes);
    /// Waits for bytes and returns what is there, at least one. @throws Timeout; Error when the other side is gone.
    std::string receive(const Deadline& deadline);
    /// Whether bytes can be received now.
    bool has_input() const;
    /// Waits until bytes can be received here, or `other` can be read, or the deadline has passed.
    void wait_input_or(int other, const Deadline& deadline) const;

   private:
    File file_;
};

/// Waits until `descriptor` can be read. False: the deadline passed.
bool wait_readable(int descriptor, const Deadline& deadline);

}  // namespace machine
