// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: poll, ppoll and select.
/// @chapter testing
#include <fcntl.h>
#include <poll.h>
#include <sys/select.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

short poll_one(int descriptor, short events, int timeout) {
    pollfd entry{descriptor, events, 0};
    int const n = poll(&entry, 1, timeout);
    return n < 0 ? static_cast<short>(-1) : entry.revents;
}

void states() {
    Pipe pipe;
    int const reader = pipe.reader.get();
    int const writer = pipe.writer.get();
    equal("an empty pipe cannot be read", poll_one(reader, POLLIN, 0), 0);
    equal("but written", poll_one(writer, POLLOUT, 0), POLLOUT);
    write(writer, "x", 1);
    equal("a byte makes it readable", poll_one(reader, POLLIN, 0), POLLIN);
    equal("a reader is never writable", poll_one(reader, POLLOUT, 0) & POLLOUT, 0);
    pipe.writer.close();
    equal("a closed writer with a byte left", poll_one(reader, POLLIN, 0), POLLIN | POLLHUP);
    read_up_to(reader, 1);
    equal("and without", poll_one(reader, POLLIN, 0), POLLHUP);
    equal("POLLHUP needs no asking", poll_one(reader, 0, 0), POLLHUP);
    Pipe other;
    other.reader.close();
    equal("a writer without a reader", poll_one(other.writer.get(), POLLOUT, 0), POLLOUT | POLLERR);
    equal("a descriptor that is not open", poll_one(400, POLLIN, 0), POLLNVAL);
    equal("a negative one is left out", poll_one(-1, POLLIN, 0), 0);
    write_file("text", "");
    Descriptor const file(open("text", O_RDWR));
    equal("a file is always ready", poll_one(file.get(), POLLIN | POLLOUT, 0), POLLIN | POLLOUT);
    equal("so is /dev/null", poll_one(0, POLLIN | POLLOUT, 0), POLLIN | POLLOUT);
}

void timeouts() {
    Pipe const pipe;
    int64_t const start = milliseconds_now();
    equal("nothing within 60 ms", poll_one(pipe.reader.get(), POLLIN, 60), 0);
    int64_t const waited = milliseconds_now() - start;
    check("took at least that long", waited >= 59);
    check("and not ten seconds", waited < 10000);
    int64_t const second = milliseconds_now();
    equal("poll of nothing is a pause", poll(nullptr, 0, 30), 0);
    check("of that length", milliseconds_now() - second >= 29);
    pid_t const child = start_child([&] {
        sleep_milliseconds(40);
        return send(pipe.writer.get(), "x") ? 0 : 1;
    });
    equal("a byte that comes later wakes the waiter", poll_one(pipe.reader.get(), POLLIN, -1), POLLIN);
    wait_for(child);
    Pipe closing;
    pid_t const closer = start_child([&] {
        closing.reader.close();
        sleep_milliseconds(40);
        return 0;
    });
    closing.writer.close();
    equal("so does the last writer's end", poll_one(closing.reader.get(), POLLIN, 20000), POLLHUP);
    wait_for(closer);
}

void several() {
    Pipe pipes[3];
    write(pipes[1].writer.get(), "x", 1);
    pollfd entries[4] = {{pipes[0].reader.get(), POLLIN, -1},
                         {pipes[1].reader.get(), POLLIN, -1},
                         {-1, POLLIN, -1},
                         {pipes[2].writer.get(), POLLOUT, -1}};
    equal("two of four are ready", poll(entries, 4, -1), 2);
    check("these two", entries[1].revents == POLLIN && entries[3].revents == POLLOUT);
    check("and the others have nothing", entries[0].revents == 0 && entries[2].revents == 0);
    pollfd same[2] = {{pipes[1].reader.get(), POLLIN, 0}, {pipes[1].reader.get(), POLLIN, 0}};
    equal("one descriptor twice counts twice", poll(same, 2, 0), 2);
}

int volatile handled = 0;

void interruption() {
    struct sigaction action {};
    action.sa_handler = [](int) { handled = handled + 1; };
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, nullptr);
    Pipe const pipe;
    pid_t const child = signal_when_asleep(SIGUSR1);
    pollfd entry{pipe.reader.get(), POLLIN, 0};
    fails("a signal ends poll, even with SA_RESTART", poll(&entry, 1, 20000), EINTR);
    equal("its handler has run", handled, 1);
    wait_for(child);
    sigset_t block;
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigprocmask(SIG_BLOCK, &block, nullptr);
    raise(SIGUSR1);
    sigset_t none;
    sigemptyset(&none);
    timespec const limit{20, 0};
    fails("ppoll with a mask lets a pending signal in", ppoll(&entry, 1, &limit, &none), EINTR);
    equal("its handler has run once more", handled, 2);
    sigset_t now;
    sigprocmask(SIG_BLOCK, nullptr, &now);
    equal("the old mask is back", sigismember(&now, SIGUSR1), 1);
}

void selects() {
    Pipe const pipe;
    auto choose = [&](long microseconds) {
        fd_set readable;
        FD_ZERO(&readable);
        FD_SET(pipe.reader.get(), &readable);
        timeval limit{0, microseconds};
        int const n = select(pipe.reader.get() + 1, &readable, nullptr, nullptr, &limit);
        return n == 1 && FD_ISSET(pipe.reader.get(), &readable)    ? 1
               : n == 0 && !FD_ISSET(pipe.reader.get(), &readable) ? 0
                                                                   : -1;
    };
    equal("select: nothing to read", choose(1000), 0);
    fd_set writable;
    FD_ZERO(&writable);
    FD_SET(pipe.writer.get(), &writable);
    equal("select: room to write", select(pipe.writer.get() + 1, nullptr, &writable, nullptr, nullptr), 1);
    write(pipe.writer.get(), "x", 1);
    equal("select: a byte to read", choose(1000), 1);
    fd_set bad;
    FD_ZERO(&bad);
    FD_SET(50, &bad);
    timeval limit{0, 0};
    fails("select of what is not open", select(51, &bad, nullptr, nullptr, &limit), EBADF);
}

constexpr Case kCases[] = {
    {"poll", states},    {"poll-timeout", timeouts}, {"poll-several", several}, {"poll-signal", interruption},
    {"select", selects},
};

}  // namespace

Group poll_cases() { return kCases; }

}  // namespace systest
