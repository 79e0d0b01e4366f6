// SPDX-License-Identifier: MIT
/// @file
/// @brief A Unix socket that leads to a line that is open already, one client after the other.
/// @chapter testing
#pragma once

#include <filesystem>
#include <thread>

#include "debugger-ui/rsp/file.h"

namespace machine {

/// Listens at a path; what a client sends goes to the line, and what the line says to the client. While there is none, nothing
/// is read from the line.
class Relay {
   public:
    /// `line` stays the caller's and must outlive this object. @throws Error
    Relay(const std::filesystem::path& path, int line);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

   private:
    void serve();
    void serve_client(int client);
    /// Waits until one of two descriptors can be read; -1 when this object ends, else that descriptor.
    int wait_for(int first, int second);

    File listener_, end_reader_, end_writer_;
    int line_;
    std::thread thread_;
};

}  // namespace machine
