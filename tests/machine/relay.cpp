// SPDX-License-Identifier: MIT
/// @file
/// @brief The relay's thread.
/// @chapter testing
#include "tests/machine/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "debugger-ui/rsp/error.h"

namespace machine {

Relay::Relay(const std::filesystem::path& path, int line)
    : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), line_(line) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = path.string();
    if (name.size() >= sizeof(address.sun_path)) throw Error("too long for a socket: " + name);
    name.copy(address.sun_path, name.size());
    int ends[2];
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        ::listen(listener_.get(), 1) != 0 || ::pipe2(ends, O_CLOEXEC) != 0) {
        throw error_from_errno("cannot listen at " + name);
    }
    end_reader_ = File(ends[0]);
    end_writer_ = File(ends[1]);
    thread_ = std::thread([this] { serve(); });
}

Relay::~Relay() {
    end_writer_ = File();
    thread_.join();
}

int Relay::wait_for(int first, int second) {
    for (;;) {
        pollfd ends[] = {{end_reader_.get(), POLLIN, 0}, {first, POLLIN, 0}, {second, POLLIN, 0}};
        ::poll(ends, 3, -1);
        if (ends[0].revents) return -1;
        if (ends[1].revents) return first;
        if (ends[2].revents) return second;
    }
}

void Relay::serve() {
    while (wait_for(listener_.get(), -1) >= 0) {
        const File client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (client) serve_client(client.get());
    }
}

void Relay::serve_client(int client) {
    for (char bytes[4096];;) {
        const int from = wait_for(client, line_);
        if (from < 0) return;
        const ssize_t got = ::read(from, bytes, sizeof(bytes));
        if (got <= 0) return;
        const int to = from == client ? line_ : client;
        if (::send(to, bytes, static_cast<size_t>(got), MSG_NOSIGNAL) != got) return;
    }
}

}  // namespace machine
