// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: dup, dup2, dup3, fcntl, and how descriptors are numbered.
/// @chapter testing
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <vector>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

void numbering() {
    write_file("text", "0123456789");
    int const first = open("text", O_RDONLY);
    int const second = open("text", O_RDONLY);
    equal("the next number is taken", second, first + 1);
    close(first);
    equal("the lowest free number is taken", open("text", O_RDONLY), first);
    fails("close of what is not open", close(500), EBADF);
    fails("close of -1", close(-1), EBADF);
    fails("read of what is not open", read(500, nullptr, 0), EBADF);
    fails("write to what is open for reading", write(first, "x", 1), EBADF);
    Descriptor const writer(open("text", O_WRONLY));
    char byte = 0;
    fails("read of what is open for writing", read(writer.get(), &byte, 1), EBADF);
    succeeds("close_range", static_cast<long>(syscall(SYS_close_range, first, second, 0)));
    fails("closes them all", fcntl(second, F_GETFD), EBADF);
}

void duplicates() {
    write_file("text", "0123456789");
    int const file = open("text", O_RDONLY);
    int const copy = dup(file);
    char byte = 0;
    read(file, &byte, 1);
    read(copy, &byte, 1);
    equal("dup shares the position", byte, '1');
    equal("dup2 to a free number", dup2(file, 60), 60);
    read(60, &byte, 1);
    equal("shares it too", byte, '2');
    Pipe pipe;
    int const reader = pipe.reader.get();
    equal("dup2 to a number in use", dup2(file, pipe.writer.get()), pipe.writer.get());
    equal("closes what was there", read(reader, &byte, 1), 0);
    equal("dup2 to itself", dup2(file, file), file);
    fails("dup2 of what is not open to itself", dup2(400, 400), EBADF);
    fails("dup2 of what is not open", dup2(400, 60), EBADF);
    equal("which leaves the other open", fcntl(60, F_GETFD), 0);
    fails("dup2 to a negative number", dup2(file, -1), EBADF);
    equal("dup3 with O_CLOEXEC", dup3(file, 61, O_CLOEXEC), 61);
    equal("sets the flag", fcntl(61, F_GETFD), FD_CLOEXEC);
    fails("dup3 to itself", dup3(file, file, 0), EINVAL);
    close(file);
    equal("copies outlive the first", read(copy, &byte, 1), 1);
}

void flags() {
    write_file("text", "");
    Descriptor const file(open("text", O_RDWR | O_APPEND));
    equal("F_GETFL: access mode", fcntl(file.get(), F_GETFL) & O_ACCMODE, O_RDWR);
    equal("F_GETFL: O_APPEND", fcntl(file.get(), F_GETFL) & O_APPEND, O_APPEND);
    succeeds("F_SETFL", fcntl(file.get(), F_SETFL, O_NONBLOCK));
    equal("takes O_APPEND off and sets O_NONBLOCK", fcntl(file.get(), F_GETFL) & (O_APPEND | O_NONBLOCK), O_NONBLOCK);
    equal("and keeps the access mode", fcntl(file.get(), F_GETFL) & O_ACCMODE, O_RDWR);
    int const copy = dup(file.get());
    equal("the status flags are shared by copies", fcntl(copy, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    fcntl(copy, F_SETFD, FD_CLOEXEC);
    equal("FD_CLOEXEC is not", fcntl(file.get(), F_GETFD), 0);
    int const high = fcntl(file.get(), F_DUPFD, 40);
    equal("F_DUPFD takes the first number from 40", high, 40);
    equal("then the next", fcntl(file.get(), F_DUPFD_CLOEXEC, 40), 41);
    equal("F_DUPFD_CLOEXEC sets the flag", fcntl(41, F_GETFD), FD_CLOEXEC);
    fails("a command that nobody knows", fcntl(file.get(), 4711), EINVAL);
    fails("F_DUPFD from a negative number", fcntl(file.get(), F_DUPFD, -5), EINVAL);
    fails("fcntl of what is not open", fcntl(400, F_GETFL), EBADF);
}

void not_terminals() {
    write_file("text", "");
    Descriptor const file(open("text", O_RDWR));
    Pipe const pipe;
    winsize size{};
    check("a file is no terminal", isatty(file.get()) == 0 && errno == ENOTTY);
    check("nor a pipe", isatty(pipe.reader.get()) == 0 && errno == ENOTTY);
    check("nor /dev/null", isatty(0) == 0 && errno == ENOTTY);
    fails("a file has no window size", ioctl(file.get(), TIOCGWINSZ, &size), ENOTTY);
    fails("a request that nobody knows", ioctl(file.get(), 0xdead, &size), ENOTTY);
    fails("ioctl of what is not open", ioctl(400, TCGETS, &size), EBADF);
}

void exhaustion() {
    Descriptor const null(open("/dev/null", O_RDONLY));
    std::vector<int> copies;
    constexpr size_t kEnough = 70000;
    int copy = 0;
    while (copies.size() < kEnough && (copy = dup(null.get())) >= 0) copies.push_back(copy);
    check("at least 200 descriptors can be open", copies.size() >= 200);
    check("then comes EMFILE", copies.size() == kEnough || errno == EMFILE);
    int wrong = 0;
    for (int const number : copies) wrong += close(number) != 0 ? 1 : 0;
    equal("all of them can be closed", wrong, 0);
    check("and opened again", Descriptor(dup(null.get())).open());
}

constexpr Case kCases[] = {
    {"fd-numbers", numbering},       {"fd-dup", duplicates},        {"fd-flags", flags},
    {"fd-not-a-tty", not_terminals}, {"fd-exhaustion", exhaustion},
};

}  // namespace

Group descriptor_cases() { return kCases; }

}  // namespace systest
