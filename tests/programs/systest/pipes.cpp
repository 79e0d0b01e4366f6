// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: pipes: end of file, SIGPIPE, blocking, atomic writes.
/// @chapter testing
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <vector>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

void ends() {
    Pipe pipe;
    check("is made", pipe.reader.open() && pipe.writer.open());
    equal("5 bytes go in", write(pipe.writer.get(), "hello", 5), 5);
    char buffer[16];
    equal("3 come out", read(pipe.reader.get(), buffer, 3), 3);
    equal("then the other 2", read(pipe.reader.get(), buffer + 3, 10), 2);
    check("in order", memcmp(buffer, "hello", 5) == 0);
    write(pipe.writer.get(), "rest", 4);
    pipe.writer.close();
    equal("what was written before the close is read", read(pipe.reader.get(), buffer, 16), 4);
    equal("then comes the end", read(pipe.reader.get(), buffer, 16), 0);
    equal("again and again", read(pipe.reader.get(), buffer, 16), 0);
    fails("the reader cannot write", write(pipe.reader.get(), "x", 1), EBADF);
    struct stat status {};
    fstat(pipe.reader.get(), &status);
    check("fstat says it is a pipe", S_ISFIFO(status.st_mode));
    fails("it has no position", lseek(pipe.reader.get(), 0, SEEK_CUR), ESPIPE);
    fails("nor can it be read at one", pread(pipe.reader.get(), buffer, 1, 0), ESPIPE);
}

void broken() {
    Pipe pipe;
    pipe.reader.close();
    int const status = run_child([&] { return static_cast<int>(write(pipe.writer.get(), "x", 1)); });
    check("a write without a reader is SIGPIPE", WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
    signal(SIGPIPE, SIG_IGN);
    fails("with SIGPIPE ignored, EPIPE", write(pipe.writer.get(), "x", 1), EPIPE);
    Pipe full;
    pid_t const writer = start_child([&] {
        full.reader.close();
        std::vector<char> const bytes(1 << 20, 'x');
        ssize_t n = 0;
        while ((n = write(full.writer.get(), bytes.data(), bytes.size())) > 0) continue;
        return n == -1 && errno == EPIPE ? 1 : 2;
    });
    full.writer.close();
    read_up_to(full.reader.get(), 100000);
    full.reader.close();
    equal("a writer that waits is told too", WEXITSTATUS(wait_for(writer)), 1);
}

void many_writers() {
    constexpr int kWriters = 8;
    constexpr int kRecords = 200;
    Pipe pipe;
    for (int i = 0; i < kWriters; ++i) {
        start_child([&, i] {
            pipe.reader.close();
            // Records of a prime length not above PIPE_BUF never mix with those of others.
            std::array<char, 4093> record{};
            record.fill(static_cast<char>('a' + i));
            for (int n = 0; n < kRecords; ++n)
                if (write(pipe.writer.get(), record.data(), record.size()) != static_cast<ssize_t>(record.size()))
                    return 1;
            return 0;
        });
    }
    pipe.writer.close();
    int torn = 0;
    std::array<int, kWriters> seen{};
    for (;;) {
        std::string const record = read_up_to(pipe.reader.get(), 4093);
        if (record.empty()) break;
        torn += record.size() != 4093 || record.find_first_not_of(record[0]) != std::string::npos ? 1 : 0;
        ++seen.at(static_cast<size_t>(record[0] - 'a'));
    }
    equal("no record is torn", torn, 0);
    int missing = 0;
    for (int const count : seen) missing += count != kRecords ? 1 : 0;
    equal("none is lost", missing, 0);
    int failed = 0;
    for (int i = 0; i < kWriters; ++i) {
        int status = 0;
        wait(&status);
        failed += status != 0 ? 1 : 0;
    }
    equal("every writer ends well", failed, 0);
}

void great_writes() {
    Pipe pipe;
    constexpr size_t kBytes = 1 << 20;
    pid_t const writer = start_child([&] {
        pipe.reader.close();
        std::string text(kBytes, '\0');
        for (size_t i = 0; i < kBytes; ++i) text[i] = static_cast<char>(i * 31 >> 3);
        return write(pipe.writer.get(), text.data(), kBytes) == static_cast<ssize_t>(kBytes) ? 1 : 2;
    });
    pipe.writer.close();
    std::string const text = read_up_to(pipe.reader.get(), SIZE_MAX);
    equal("one write of 1 MiB arrives whole", text.size(), kBytes);
    size_t wrong = 0;
    for (size_t i = 0; i < text.size(); ++i) wrong += text[i] != static_cast<char>(i * 31 >> 3) ? 1u : 0u;
    equal("and in order", wrong, 0);
    equal("the write returned all of it", WEXITSTATUS(wait_for(writer)), 1);
}

void without_waiting() {
    Pipe pipe(O_NONBLOCK);
    char byte = 0;
    fails("an empty pipe", read(pipe.reader.get(), &byte, 1), EAGAIN);
    std::vector<char> const bytes(1 << 20, 'x');
    ssize_t const taken = write(pipe.writer.get(), bytes.data(), bytes.size());
    check("a great write is taken in part", taken >= PIPE_BUF && taken < (1 << 20));
    fails("a full pipe", write(pipe.writer.get(), "x", 1), EAGAIN);
    int waiting = 0;
    succeeds("FIONREAD", ioctl(pipe.reader.get(), FIONREAD, &waiting));
    equal("counts what waits", waiting, taken);
    equal("all of it comes out", read_up_to(pipe.reader.get(), static_cast<size_t>(taken)).size(), taken);
    fails("then it is empty", read(pipe.reader.get(), &byte, 1), EAGAIN);
    fcntl(pipe.reader.get(), F_SETFL, 0);
    pipe.writer.close();
    equal("O_NONBLOCK can be taken off", read(pipe.reader.get(), &byte, 1), 0);
    fails("flags that pipe2 does not know", pipe2(std::array<int, 2>{}.data(), O_APPEND), EINVAL);
}

void ring_of_processes() {
    constexpr int kProcesses = 16;
    std::vector<Pipe> pipes(kProcesses + 1);
    for (size_t i = 0; i < kProcesses; ++i) {
        start_child([&, i] {
            unsigned char byte = 0;
            while (read(pipes[i].reader.get(), &byte, 1) == 1) {
                ++byte;
                if (write(pipes[i + 1].writer.get(), &byte, 1) != 1 || byte > 200) break;
            }
            return 0;
        });
    }
    int wrong = 0;
    for (int round = 0; round < 100; ++round) {
        unsigned char byte = static_cast<unsigned char>(round);
        write(pipes[0].writer.get(), &byte, 1);
        read(pipes[kProcesses].reader.get(), &byte, 1);
        wrong += byte != round + kProcesses ? 1 : 0;
    }
    equal("a byte goes 100 times through 16 processes", wrong, 0);
}

void interrupted_transfers() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigaction(SIGUSR1, &action, nullptr);
    Pipe const pipe;
    char byte = 0;
    pid_t alarm = signal_when_asleep(SIGUSR1);
    fails("a signal ends a read that waits", read(pipe.reader.get(), &byte, 1), EINTR);
    wait_for(alarm);
    std::vector<char> const bytes(1 << 20, 'x');
    alarm = signal_when_asleep(SIGUSR1);
    ssize_t const taken = write(pipe.writer.get(), bytes.data(), bytes.size());
    check("a write that has moved something returns how much", taken >= PIPE_BUF && taken < (1 << 20));
    wait_for(alarm);
    alarm = signal_when_asleep(SIGUSR1);
    fails("one that has not is EINTR", write(pipe.writer.get(), bytes.data(), bytes.size()), EINTR);
    wait_for(alarm);
}

constexpr Case kCases[] = {
    {"pipe", ends},
    {"pipe-broken", broken},
    {"pipe-atomic", many_writers},
    {"pipe-great", great_writes},
    {"pipe-nonblock", without_waiting},
    {"pipe-ring", ring_of_processes},
    {"pipe-interrupted", interrupted_transfers},
};

}  // namespace

Group pipe_cases() { return kCases; }

}  // namespace systest
