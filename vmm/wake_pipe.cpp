// SPDX-License-Identifier: MIT
/// @file
/// @brief A pipe that wakes a thread out of poll, from other threads and from signal handlers.
/// @chapter virtio
#include "vmm/wake_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "vmm/failure.h"

namespace vmm {

WakePipe::WakePipe() {
    if (::pipe2(ends_, O_CLOEXEC | O_NONBLOCK) != 0)
        throw Failure(std::string("cannot make a pipe: ") + std::strerror(errno));
}

WakePipe::~WakePipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
}

void WakePipe::send(std::uint8_t message) const {
    const int saved = errno;
    [[maybe_unused]] const ssize_t written = ::write(ends_[1], &message, 1);
    errno = saved;
}

std::size_t WakePipe::receive(std::span<std::uint8_t> to) const {
    const ssize_t got = ::read(ends_[0], to.data(), to.size());
    return got > 0 ? static_cast<std::size_t>(got) : 0;
}

}  // namespace vmm
