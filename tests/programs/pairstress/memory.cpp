// SPDX-License-Identifier: MIT
/// @file
/// @brief Memory as it is: loads and stores that may fault, by the program and by the kernel, and system calls on runs.
/// @chapter pair
#include "memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstring>

namespace pairstress {

namespace {

// Each thread has its own faults.
thread_local sigjmp_buf fault_return;
thread_local int volatile fault_code = 0;
thread_local uintptr_t volatile fault_address = 0;

void note_fault(int, siginfo_t* info, void*) {
    fault_code = info->si_code;
    fault_address = reinterpret_cast<uintptr_t>(info->si_addr);
    siglongjmp(fault_return, 1);
}

Access faulted(uintptr_t address) {
    if (fault_address != address) return Access::Other;
    if (fault_code == SEGV_MAPERR) return Access::NotMapped;
    return fault_code == SEGV_ACCERR ? Access::Denied : Access::Other;
}

int protection_of(Rights rights) {
    switch (rights) {
    case Rights::None: return PROT_NONE;
    case Rights::Read: return PROT_READ;
    case Rights::ReadWrite: return PROT_READ | PROT_WRITE;
    case Rights::ReadExecute: return PROT_READ | PROT_EXEC;
    }
    return PROT_NONE;
}

void* start_of(Run run) { return reinterpret_cast<void*>(address_of(run.first)); }

// A pipe of this thread; a child after fork shares its parent's, so it is made anew for each process.
struct OwnPipe {
    int ends[2] = {-1, -1};
    pid_t owner = 0;

    void open() {
        if (owner == getpid()) return;
        if (owner != 0) {
            close(ends[0]);
            close(ends[1]);
        }
        if (pipe2(ends, O_CLOEXEC) == 0) owner = getpid();
    }
};

thread_local OwnPipe own_pipe;

}  // namespace

void catch_faults() {
    struct sigaction action {};
    action.sa_sigaction = note_fault;
    // The handler leaves by a jump that does not restore the mask, so the signal must not be blocked in it.
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGSEGV, &action, nullptr);
    sigaction(SIGBUS, &action, nullptr);
}

Access load(uintptr_t address, uint64_t& value) {
    if (sigsetjmp(fault_return, 0) != 0) return faulted(address);
    value = *reinterpret_cast<uint64_t volatile*>(address);
    return Access::Done;
}

Access store(uintptr_t address, uint64_t value) {
    if (sigsetjmp(fault_return, 0) != 0) return faulted(address);
    *reinterpret_cast<uint64_t volatile*>(address) = value;
    return Access::Done;
}

Access kernel_load(uintptr_t address, uint64_t& value) {
    own_pipe.open();
    ssize_t const n = write(own_pipe.ends[1], reinterpret_cast<void*>(address), sizeof value);
    if (n == -1 && errno == EFAULT) return Access::Denied;
    if (n != sizeof value) return Access::Other;
    return read(own_pipe.ends[0], &value, sizeof value) == sizeof value ? Access::Done : Access::Other;
}

Access kernel_store(uintptr_t address, uint64_t value) {
    own_pipe.open();
    if (write(own_pipe.ends[1], &value, sizeof value) != sizeof value) return Access::Other;
    ssize_t const n = read(own_pipe.ends[0], reinterpret_cast<void*>(address), sizeof value);
    if (n == sizeof value) return Access::Done;
    // A refused read may or may not have taken the bytes out of the pipe.
    bool const refused = n == -1 && errno == EFAULT;
    fcntl(own_pipe.ends[0], F_SETFL, O_NONBLOCK);
    static_cast<void>(!read(own_pipe.ends[0], &value, sizeof value));
    fcntl(own_pipe.ends[0], F_SETFL, 0);
    return refused ? Access::Denied : Access::Other;
}

bool map_pages(Run run, Rights rights) {
    constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    void* const start = start_of(run);
    return mmap(start, run.count * kPageBytes, protection_of(rights), kFlags, -1, 0) == start;
}

bool unmap_pages(Run run) { return munmap(start_of(run), run.count * kPageBytes) == 0; }

bool protect_pages(Run run, Rights rights) {
    return mprotect(start_of(run), run.count * kPageBytes, protection_of(rights)) == 0;
}

bool discard_pages(Run run) { return madvise(start_of(run), run.count * kPageBytes, MADV_DONTNEED) == 0; }

bool kernel_check(std::string const& path) {
    int const file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0) return true;
    bool const good = write(file, "check\n", 6) == 6;
    close(file);
    return good;
}

}  // namespace pairstress
