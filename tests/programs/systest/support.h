// SPDX-License-Identifier: MIT
/// @file
/// @brief Small tools for the cases: children, pipes, descriptors, pages, files, and catching a fault.
/// @chapter testing
#pragma once

#include <sys/mman.h>
#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace systest {

constexpr size_t kPage = 4096;

/// The name of a signal: "SIGSEGV"; "signal 40" when it has none.
std::string signal_name(int signal);

/// Monotonic time in milliseconds.
int64_t milliseconds_now();

void sleep_milliseconds(int64_t milliseconds);

/// Waits until `condition` holds, at most `milliseconds`; false when it never did.
bool eventually(std::function<bool()> const& condition, int64_t milliseconds = 20000);

/// Waits until a process sleeps in a system call (state S in its /proc/PID/stat), at most 20 s. For a child that is to
/// interrupt its parent: a signal that comes before the parent waits would be lost.
void until_asleep(pid_t process);

/// Starts a child that sends `signal` to us as soon as we sleep.
pid_t signal_when_asleep(int signal);

/// Forks; the child runs `body`, and exits with what it returns.
pid_t start_child(std::function<int()> const& body);

/// Waits for one child (through interruptions) and gives its wait status; -1 when there is no such child.
int wait_for(pid_t child);

/// Starts a child and waits for it: its wait status.
int run_child(std::function<int()> const& body);

/// The exit code of a child that ran `body`; 1000 + signal when it was killed.
int exit_code_of(std::function<int()> const& body);

/// How an access ended: `signal` is 0 when nothing was raised.
struct Fault {
    int signal = 0;
    int code = 0;
    uintptr_t address = 0;
};

/// Runs `body` with handlers for SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGTRAP. `body` must own nothing that needs destruction.
Fault fault_of(std::function<void()> const& body);

/// Faults of a single read or write of one byte.
Fault fault_of_read(void const* address);
Fault fault_of_write(void* address);

/// An open descriptor, closed at the end of its scope.
class Descriptor {
   public:
    explicit Descriptor(int number = -1) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        close();
        number_ = std::exchange(other.number_, -1);
        return *this;
    }
    ~Descriptor() { close(); }

    int get() const { return number_; }
    bool open() const { return number_ >= 0; }
    void close();

   private:
    int number_;
};

/// A pipe with both ends open.
struct Pipe {
    Pipe();
    /// Creates the pipe with flags for pipe2.
    explicit Pipe(int flags);

    Descriptor reader;
    Descriptor writer;
};

/// Private anonymous memory, unmapped at the end of its scope.
class Pages {
   public:
    explicit Pages(size_t count, int protection = PROT_READ | PROT_WRITE);
    Pages(Pages const&) = delete;
    Pages& operator=(Pages const&) = delete;
    ~Pages();

    bool mapped() const { return base_ != nullptr; }
    unsigned char* page(size_t index) const { return base_ + index * kPage; }
    unsigned char volatile& operator[](size_t offset) const { return base_[offset]; }
    size_t bytes() const { return count_ * kPage; }

   private:
    unsigned char* base_ = nullptr;
    size_t count_;
};

/// Creates (or replaces) a file with this content; false when that failed.
bool write_file(char const* path, std::string_view content);

/// The whole content of a file; empty when it cannot be read.
std::string read_file(char const* path);

/// Reads until the end or until `limit` bytes.
std::string read_up_to(int descriptor, size_t limit);

/// Writes all of `text`; false when a write failed.
bool send(int descriptor, std::string_view text);

/// The path of the program that runs, to start it again.
std::string own_path();

}  // namespace systest
