// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: bad pointers to the calls that are known: EFAULT, and nothing else happens.
/// @chapter testing
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include "harness.h"
#include "pointers.h"
#include "support.h"

namespace systest {

namespace {

enum class Way { In, Out };

// A call with a bad pointer `p` where the kernel reads from it (In) or writes to it (Out).
struct Attempt {
    std::string_view name;
    Way way;
    long (*call)(long p);
};

int readable = -1;   // a file with content
int writable = -1;   // a file to write to
int directory = -1;  // a directory with entries
int full_pipe = -1;  // the reading end of a pipe with content

long raw(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
    return syscall(number, a, b, c, d, e, f);
}

long vector_of(long number, int descriptor, long p) {
    struct {
        long base, length;
    } part{p, 16};
    return raw(number, descriptor, reinterpret_cast<long>(&part), 1);
}

constexpr Attempt kAttempts[] = {
    {"read", Way::Out, [](long p) { return raw(SYS_read, readable, p, 16); }},
    {"read from a pipe", Way::Out, [](long p) { return raw(SYS_read, full_pipe, p, 4); }},
    {"pread64", Way::Out, [](long p) { return raw(SYS_pread64, readable, p, 16, 0); }},
    {"readv, the list", Way::In, [](long p) { return raw(SYS_readv, readable, p, 2); }},
    {"readv, a part", Way::Out, [](long p) { return vector_of(SYS_readv, readable, p); }},
    {"write", Way::In, [](long p) { return raw(SYS_write, writable, p, 16); }},
    {"pwrite64", Way::In, [](long p) { return raw(SYS_pwrite64, writable, p, 16, 0); }},
    {"writev, the list", Way::In, [](long p) { return raw(SYS_writev, writable, p, 2); }},
    {"writev, a part", Way::In, [](long p) { return vector_of(SYS_writev, writable, p); }},
    {"open", Way::In, [](long p) { return raw(SYS_open, p, O_RDONLY); }},
    {"openat", Way::In, [](long p) { return raw(SYS_openat, AT_FDCWD, p, O_RDONLY); }},
    {"newfstatat, the path", Way::In, [](long p) { return raw(SYS_newfstatat, AT_FDCWD, p, 0, 0); }},
    {"newfstatat, the result", Way::Out,
     [](long p) { return raw(SYS_newfstatat, AT_FDCWD, reinterpret_cast<long>("."), p, 0); }},
    {"fstat", Way::Out, [](long p) { return raw(SYS_fstat, readable, p); }},
    {"access", Way::In, [](long p) { return raw(SYS_access, p, F_OK); }},
    {"getdents64", Way::Out, [](long p) { return raw(SYS_getdents64, directory, p, 4096); }},
    {"getcwd", Way::Out, [](long p) { return raw(SYS_getcwd, p, 4096); }},
    {"chdir", Way::In, [](long p) { return raw(SYS_chdir, p); }},
    {"mkdir", Way::In, [](long p) { return raw(SYS_mkdir, p, 0755); }},
    {"unlink", Way::In, [](long p) { return raw(SYS_unlink, p); }},
    {"rename, the first", Way::In, [](long p) { return raw(SYS_rename, p, reinterpret_cast<long>("x")); }},
    {"rename, the second", Way::In, [](long p) { return raw(SYS_rename, reinterpret_cast<long>("text"), p); }},
    {"symlink", Way::In, [](long p) { return raw(SYS_symlink, p, reinterpret_cast<long>("x")); }},
    {"readlink, the result", Way::Out, [](long p) { return raw(SYS_readlink, reinterpret_cast<long>("link"), p, 64); }},
    {"utimensat, the times", Way::In,
     [](long p) { return raw(SYS_utimensat, AT_FDCWD, reinterpret_cast<long>("text"), p == 0 ? 8 : p, 0); }},
    {"ioctl FIONREAD", Way::Out, [](long p) { return raw(SYS_ioctl, full_pipe, FIONREAD, p); }},
    {"pipe2", Way::Out, [](long p) { return raw(SYS_pipe2, p, 0); }},
    {"poll", Way::Out, [](long p) { return raw(SYS_poll, p, 1, 0); }},
    {"execve, the path", Way::In, [](long p) { return raw(SYS_execve, p, 0, 0); }},
    {"execve, the arguments", Way::In,
     [](long p) { return raw(SYS_execve, reinterpret_cast<long>("/proc/self/exe"), p == 0 ? 8 : p, 0); }},
    {"execve, the environment", Way::In,
     [](long p) { return raw(SYS_execve, reinterpret_cast<long>("/proc/self/exe"), 0, p == 0 ? 8 : p); }},
    {"uname", Way::Out, [](long p) { return raw(SYS_uname, p); }},
    {"nanosleep", Way::In, [](long p) { return raw(SYS_nanosleep, p, 0); }},
    {"clock_nanosleep", Way::In, [](long p) { return raw(SYS_clock_nanosleep, 0, 0, p, 0); }},
    {"clock_gettime", Way::Out, [](long p) { return raw(SYS_clock_gettime, 0, p); }},
    {"getrandom", Way::Out, [](long p) { return raw(SYS_getrandom, p, 16, 0); }},
    {"rt_sigaction, the new", Way::In, [](long p) { return raw(SYS_rt_sigaction, SIGUSR1, p == 0 ? 8 : p, 0, 8); }},
    {"rt_sigaction, the old", Way::Out, [](long p) { return raw(SYS_rt_sigaction, SIGUSR1, 0, p == 0 ? 8 : p, 8); }},
    {"rt_sigprocmask, the new", Way::In, [](long p) { return raw(SYS_rt_sigprocmask, 0, p == 0 ? 8 : p, 0, 8); }},
    {"rt_sigprocmask, the old", Way::Out, [](long p) { return raw(SYS_rt_sigprocmask, 0, 0, p == 0 ? 8 : p, 8); }},
    {"rt_sigpending", Way::Out, [](long p) { return raw(SYS_rt_sigpending, p, 8); }},
    {"rt_sigsuspend", Way::In, [](long p) { return raw(SYS_rt_sigsuspend, p, 8); }},
    {"sigaltstack, the new", Way::In, [](long p) { return raw(SYS_sigaltstack, p == 0 ? 8 : p, 0); }},
    {"sigaltstack, the old", Way::Out, [](long p) { return raw(SYS_sigaltstack, 0, p == 0 ? 8 : p); }},
    {"futex, waiting", Way::In, [](long p) { return raw(SYS_futex, p, FUTEX_WAIT, 0); }},
    {"arch_prctl", Way::Out, [](long p) { return raw(SYS_arch_prctl, 0x1003, p); }},
    {"prlimit64", Way::Out, [](long p) { return raw(SYS_prlimit64, 0, 3, 0, p == 0 ? 8 : p); }},
    {"sysinfo", Way::Out, [](long p) { return raw(SYS_sysinfo, p); }},
    {"sendfile, the offset", Way::In, [](long p) { return raw(SYS_sendfile, writable, readable, p == 0 ? 8 : p, 4); }},
};

// wait4 takes the child before it finds the pointer bad, so it has a check of its own.
void statuses() {
    int wrong = 0;
    for (BadPointer const& bad : bad_pointers()) {
        if (bad.address == 0) continue;
        pid_t const child = start_child([] { return 1; });
        long const result = raw(SYS_wait4, child, bad.address, 0, 0);
        wrong += result == -1 && errno == EFAULT ? 0 : 1;
        while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
    }
    equal("wait4", wrong, 0);
}

void known_calls() {
    write_file("text", std::string(10000, 't'));
    mkdir("d", 0755);
    symlink("text", "link");
    readable = open("text", O_RDONLY);
    writable = open("out", O_RDWR | O_CREAT, 0644);
    directory = open(".", O_RDONLY | O_DIRECTORY);
    Pipe const pipe;
    full_pipe = pipe.reader.get();
    send(pipe.writer.get(), "some bytes in a pipe");
    for (Attempt const& attempt : kAttempts) {
        std::string detail;
        for (BadPointer const& bad : bad_pointers()) {
            if (attempt.way == Way::In && bad.kind == BadPointer::ReadOnly) continue;
            int const code = exit_code_of([&] {
                long const result = attempt.call(bad.address);
                return result == -1 && errno == EFAULT ? 0 : result == -1 ? errno : 200;
            });
            if (code != 0)
                detail += std::string(detail.empty() ? "" : ", ") + bad.name + " gave " + std::to_string(code);
        }
        check(attempt.name, detail.empty(), detail);
    }
    statuses();
    check("files and pipes are as before", read_file("text") == std::string(10000, 't') && read_file("out").empty() &&
                                               read_up_to(full_pipe, 20) == "some bytes in a pipe");
}

void edges() {
    Pages const pages(2);
    mprotect(pages.page(1), kPage, PROT_NONE);
    unsigned char* const end = pages.page(1);
    write_file("text", "0123456789");
    Descriptor const file(open("text", O_RDWR));
    equal("a read up to the last good byte", read(file.get(), end - 4, 4), 4);
    check("arrives", end[-1] == '3');
    lseek(file.get(), 0, SEEK_SET);
    ssize_t const over = read(file.get(), end - 4, 10);
    check("a read across the edge is short or EFAULT", over == 4 || (over == -1 && errno == EFAULT));
    end[-1] = 0;
    end[-2] = '.';
    check("a path that ends at the edge is read", access(reinterpret_cast<char*>(end - 2), F_OK) == 0);
    end[-1] = '.';
    fails("one that crosses it is EFAULT", access(reinterpret_cast<char*>(end - 2), F_OK), EFAULT);
    fails("a length that wraps around", raw(SYS_write, file.get(), reinterpret_cast<long>(pages.page(0)), -1), EFAULT);
    Pages const closed(1, PROT_NONE);
    fails("memory without rights", read(file.get(), closed.page(0), 1), EFAULT);
    Pages const fresh(4);
    lseek(file.get(), 0, SEEK_SET);
    equal("memory that was never touched is filled", read(file.get(), fresh.page(1), 10), 10);
    check("by the kernel's own fault", fresh[kPage + 9] == '9');
}

void state_of_threads() {
    int survived = 0;
    for (BadPointer const& bad : bad_pointers()) {
        survived += exit_code_of([&] {
                        raw(SYS_set_tid_address, bad.address);
                        raw(SYS_set_robust_list, bad.address, 24);
                        return 4;
                    }) == 4
                        ? 1
                        : 0;
    }
    equal("a bad word to clear and a bad list at exit", survived, static_cast<int>(bad_pointers().size()));
    int const bad_base = exit_code_of([] {
        long const result = raw(SYS_arch_prctl, 0x1002, static_cast<long>(0xffff800000000000));
        return result == -1 && errno == EPERM ? 1 : 2;
    });
    equal("a thread's base cannot lie in the kernel's half", bad_base, 1);
    int const status = run_child([] {
        asm volatile("mov $0x1000, %%rsp\n mov $15, %%eax\n syscall" ::: "memory");
        return 0;
    });
    check("rt_sigreturn without a frame is SIGSEGV", WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    int const frame = run_child([] {
        signal(SIGUSR1, [](int) {});
        long const number = SYS_kill;
        long const self = getpid();
        asm volatile("mov $0x1000, %%rsp\n mov %0, %%rax\n mov %1, %%rdi\n mov %2, %%rsi\n syscall\n ud2" ::"r"(number),
                     "r"(self), "r"(long{SIGUSR1})
                     : "rax", "rdi", "rsi", "memory");
        return 0;
    });
    check("a handler without a stack is SIGSEGV", WIFSIGNALED(frame) && WTERMSIG(frame) == SIGSEGV);
}

constexpr Case kCases[] = {
    {"bad-pointer", known_calls}, {"bad-pointer-edge", edges}, {"bad-pointer-thread", state_of_threads}};

}  // namespace

Group pointer_cases() { return kCases; }

}  // namespace systest
