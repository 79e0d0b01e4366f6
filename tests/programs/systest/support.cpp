// SPDX-License-Identifier: MIT
/// @file
/// @brief Small tools for the cases: children, pipes, descriptors, pages, files, and catching a fault.
/// @chapter testing
#include "support.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstring>
#include <ctime>

namespace systest {

namespace {

sigjmp_buf fault_return;
Fault volatile* fault_slot = nullptr;

void note_fault(int signal, siginfo_t* info, void*) {
    fault_slot->signal = signal;
    fault_slot->code = info->si_code;
    fault_slot->address = reinterpret_cast<uintptr_t>(info->si_addr);
    siglongjmp(fault_return, 1);
}

constexpr std::array kFaultSignals{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};

}  // namespace

std::string signal_name(int signal) {
    char const* name = sigabbrev_np(signal);
    return name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(signal);
}

int64_t milliseconds_now() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

void sleep_milliseconds(int64_t milliseconds) {
    timespec left{milliseconds / 1000, (milliseconds % 1000) * 1000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) continue;
}

bool eventually(std::function<bool()> const& condition, int64_t milliseconds) {
    int64_t const deadline = milliseconds_now() + milliseconds;
    while (!condition()) {
        if (milliseconds_now() > deadline) return false;
        sleep_milliseconds(2);
    }
    return true;
}

void until_asleep(pid_t process) {
    std::string const path = "/proc/" + std::to_string(process) + "/stat";
    eventually([&] {
        std::string const text = read_file(path.c_str());
        size_t const name_end = text.rfind(')');
        return name_end != std::string::npos && text.substr(name_end, 3) == ") S";
    });
}

pid_t signal_when_asleep(int signal) {
    return start_child([self = getpid(), signal] {
        until_asleep(self);
        return kill(self, signal);
    });
}

pid_t start_child(std::function<int()> const& body) {
    pid_t const child = fork();
    if (child == 0) _exit(body());
    return child;
}

int wait_for(pid_t child) {
    int status = 0;
    pid_t got = 0;
    do { got = waitpid(child, &status, 0); } while (got < 0 && errno == EINTR);
    return got == child ? status : -1;
}

int run_child(std::function<int()> const& body) { return wait_for(start_child(body)); }

int exit_code_of(std::function<int()> const& body) {
    int const status = run_child(body);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

Fault fault_of(std::function<void()> const& body) {
    Fault volatile seen{};
    fault_slot = &seen;
    std::array<struct sigaction, kFaultSignals.size()> before{};
    struct sigaction action {};
    action.sa_sigaction = note_fault;
    action.sa_flags = SA_SIGINFO;
    for (size_t i = 0; i < kFaultSignals.size(); ++i) sigaction(kFaultSignals[i], &action, &before[i]);
    if (sigsetjmp(fault_return, 1) == 0) body();
    for (size_t i = 0; i < kFaultSignals.size(); ++i) sigaction(kFaultSignals[i], &before[i], nullptr);
    return Fault{seen.signal, seen.code, seen.address};
}

Fault fault_of_read(void const* address) {
    return fault_of([address] { static_cast<void>(*static_cast<unsigned char const volatile*>(address)); });
}

Fault fault_of_write(void* address) {
    return fault_of([address] { *static_cast<unsigned char volatile*>(address) = 1; });
}

void Descriptor::close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
}

Pipe::Pipe() : Pipe(0) {}

Pipe::Pipe(int flags) {
    int ends[2] = {-1, -1};
    if (pipe2(ends, flags) != 0) return;
    reader = Descriptor(ends[0]);
    writer = Descriptor(ends[1]);
}

Pages::Pages(size_t count, int protection) : count_(count) {
    void* const base = mmap(nullptr, count * kPage, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base != MAP_FAILED) base_ = static_cast<unsigned char*>(base);
}

Pages::~Pages() {
    if (base_ != nullptr) munmap(base_, bytes());
}

bool write_file(char const* path, std::string_view content) {
    Descriptor const file(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
    return file.open() && send(file.get(), content);
}

std::string read_file(char const* path) {
    Descriptor const file(open(path, O_RDONLY));
    return file.open() ? read_up_to(file.get(), SIZE_MAX) : std::string();
}

std::string read_up_to(int descriptor, size_t limit) {
    std::string text;
    char buffer[4096];
    while (text.size() < limit) {
        ssize_t const n = read(descriptor, buffer, std::min(sizeof buffer, limit - text.size()));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        text.append(buffer, static_cast<size_t>(n));
    }
    return text;
}

bool send(int descriptor, std::string_view text) {
    while (!text.empty()) {
        ssize_t const n = write(descriptor, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        text.remove_prefix(static_cast<size_t>(n));
    }
    return true;
}

std::string own_path() {
    char path[4096];
    ssize_t const n = readlink("/proc/self/exe", path, sizeof path);
    return n > 0 ? std::string(path, static_cast<size_t>(n)) : std::string();
}

}  // namespace systest
