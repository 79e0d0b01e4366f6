// SPDX-License-Identifier: MIT
/// @file
/// @brief Owned descriptors, directories and streams over Linux's own.
/// @chapter observability
#include "debugger-ui/rsp/file.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "debugger-ui/rsp/error.h"

namespace machine {
namespace {

Error other_side_gone() { return Error("the other side closed the connection"); }

}  // namespace

File::~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

TemporaryDirectory::TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "twain-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw error_from_errno("cannot make " + name);
    path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

bool wait_readable(int descriptor, const Deadline& deadline) {
    pollfd waiting{descriptor, POLLIN, 0};
    int ready;
    do { ready = ::poll(&waiting, 1, deadline.poll_milliseconds()); } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

Stream Stream::connect(const std::filesystem::path& path, const Deadline& deadline) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.string().size() >= sizeof(address.sun_path)) throw Error("socket name too long: " + path.string());
    std::strcpy(address.sun_path, path.c_str());
    for (;;) {
        File file(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (!file) throw error_from_errno("cannot make a socket");
        if (::connect(file.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
            return Stream(std::move(file));
        }
        if (deadline.has_passed()) throw Timeout("nobody listens at " + path.string());
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

Stream Stream::connect_tcp(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int failed = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); failed != 0) {
        throw Error("cannot find " + host + ":" + port + ": " + ::gai_strerror(failed));
    }
    File file;
    int reason = 0;
    for (const addrinfo* at = found; at; at = at->ai_next) {
        file = File(::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol));
        if (file && ::connect(file.get(), at->ai_addr, at->ai_addrlen) == 0) break;
        reason = errno;
        file = File();
    }
    ::freeaddrinfo(found);
    errno = reason;
    if (!file) throw error_from_errno("cannot connect to " + host + ":" + port);
    const int at_once = 1;
    ::setsockopt(file.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
    return Stream(std::move(file));
}

void Stream::send(std::string_view bytes) {
    while (!bytes.empty()) {
        // A peer that is gone is an error of ours to report, not a signal that ends the program.
        ssize_t sent = ::send(file_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == ENOTSOCK) sent = ::write(file_.get(), bytes.data(), bytes.size());
        if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) throw other_side_gone();
        if (sent < 0 && errno != EINTR) throw error_from_errno("cannot send");
        if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string Stream::receive(const Deadline& deadline) {
    if (!wait_readable(file_.get(), deadline)) throw Timeout("no answer in time");
    char buffer[16384];
    const ssize_t got = ::read(file_.get(), buffer, sizeof(buffer));
    if (got <= 0) throw other_side_gone();
    return std::string(buffer, static_cast<std::size_t>(got));
}

bool Stream::has_input() const { return wait_readable(file_.get(), Deadline(Seconds(0))); }

void Stream::wait_input_or(int other, const Deadline& deadline) const {
    pollfd waiting[] = {{file_.get(), POLLIN, 0}, {other, POLLIN, 0}};
    while (::poll(waiting, 2, deadline.poll_milliseconds()) < 0 && errno == EINTR) {}
}

}  // namespace machine
