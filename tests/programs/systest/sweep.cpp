// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: every number from 0 to 450 with bad pointers; the process may die of it, nothing else may.
/// @chapter testing
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include "harness.h"
#include "pointers.h"
#include "support.h"

namespace systest {

namespace {

constexpr long kLast = 450;

// Calls that end or suspend the caller, make processes, or would change the machine under a test that runs as root on
// Linux; none of them takes a pointer that it would follow before it acts, or the pointer has its own check elsewhere.
constexpr long kLeftOut[] = {
    SYS_exit,
    SYS_exit_group,
    SYS_pause,
    SYS_fork,
    SYS_vfork,
    SYS_clone,
    SYS_rt_sigreturn,
    SYS_sync,
    // signals to others
    SYS_kill,
    SYS_tkill,
    SYS_tgkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    SYS_pidfd_send_signal,
    SYS_ptrace,
    // System V IPC outlives the process
    SYS_shmget,
    SYS_shmat,
    SYS_shmctl,
    SYS_shmdt,
    SYS_semget,
    SYS_semop,
    SYS_semctl,
    SYS_semtimedop,
    SYS_msgget,
    SYS_msgsnd,
    SYS_msgrcv,
    SYS_msgctl,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    // the machine
    SYS_reboot,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_clock_adjtime,
    SYS_acct,
    SYS_syslog,
    SYS_vhangup,
    SYS_iopl,
    SYS_ioperm,
    SYS_swapon,
    SYS_swapoff,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_bpf,
    SYS_quotactl,
    SYS_perf_event_open,
    // other processes' properties
    SYS_setpriority,
    SYS_sched_setparam,
    SYS_sched_setscheduler,
    SYS_sched_setaffinity,
    SYS_sched_setattr,
    SYS_ioprio_set,
    SYS_migrate_pages,
    SYS_move_pages,
    SYS_process_vm_writev,
    SYS_prlimit64,
    SYS_process_madvise,
    SYS_process_mrelease,
};

// A small number that is an open file, a length, a count.
constexpr long kSmall = 3;

// Which of the six arguments are the bad pointer (1), the others are the small number.
constexpr std::array<unsigned, 7> kShapes = {0b111111, 0b111110, 0b000001, 0b000010, 0b000100, 0b001000, 0b011011};

void call_with(long number, unsigned shape, long bad) {
    long arguments[6];
    for (unsigned i = 0; i < 6; ++i) arguments[i] = (shape >> i & 1u) != 0 ? bad : kSmall;
    syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

// In the child: all shapes with all kinds of pointer. Descriptors 0 to 2 are an empty file and 3 is one with content, both
// the test's own: a null pointer is descriptor 0 as well, and fchmod of a device would outlive the test.
[[noreturn]] void try_number(long number, unsigned first, unsigned last) {
    unsigned index = 0;
    for (unsigned const shape : kShapes) {
        for (BadPointer const& bad : bad_pointers()) {
            if (index >= first && index < last) call_with(number, shape, bad.address);
            ++index;
        }
    }
    syscall(SYS_exit_group, 0);
    for (;;) continue;
}

pid_t start_number(long number, unsigned first, unsigned last, Pipe& over) {
    pid_t const child = fork();
    if (child != 0) return child;
    int const empty = open("empty", O_RDWR);
    for (int descriptor = 0; descriptor < 3; ++descriptor) dup2(empty, descriptor);
    int const file = open("text", O_RDWR);
    // The pipe's writer moves out of reach of the small number; it closes when the child is gone.
    dup2(over.writer.get(), 100);
    dup2(file, kSmall);
    syscall(SYS_close_range, kSmall + 1, 99, 0);
    try_number(number, first, last);
}

enum class Outcome { Lived, Died, Hung, Lost };

Outcome attempt(long number, unsigned first, unsigned last, int patience) {
    Pipe over;
    pid_t const child = start_number(number, first, last, over);
    if (child < 0) return Outcome::Lost;
    over.writer.close();
    pollfd entry{over.reader.get(), POLLIN, 0};
    bool const hung = poll(&entry, 1, patience) == 0;
    if (hung) kill(child, SIGKILL);
    int const status = wait_for(child);
    if (status == -1) return Outcome::Lost;
    if (hung) return Outcome::Hung;
    return WIFSIGNALED(status) ? Outcome::Died : Outcome::Lived;
}

mode_t mode_of_null() {
    struct stat status {};
    return stat("/dev/null", &status) == 0 ? status.st_mode : 0;
}

void sweep() {
    write_file("text", std::string(100, 't'));
    write_file("empty", "");
    mode_t const device_mode = mode_of_null();
    auto const combinations = static_cast<unsigned>(kShapes.size() * bad_pointers().size());
    std::string lost;
    for (long number = 0; number <= kLast; ++number) {
        if (std::find(std::begin(kLeftOut), std::end(kLeftOut), number) != std::end(kLeftOut)) continue;
        Outcome const all = attempt(number, 0, combinations, 500);
        if (all == Outcome::Lost) lost += " " + std::to_string(number);
        // A signal or a long wait ends the series early: then every combination has a process of its own.
        if (all != Outcome::Died && all != Outcome::Hung) continue;
        for (unsigned i = 0; i < combinations; ++i)
            if (attempt(number, i, i + 1, 60) == Outcome::Lost) lost += " " + std::to_string(number);
    }
    check("numbers 0 to 450 with five kinds of bad pointer: the caller lives on", lost.empty(), "lost:" + lost);
    check("and no device is changed", mode_of_null() == device_mode);
    same_text("a file can still be written and read", write_file("after", "alive") ? read_file("after") : "", "alive");
    equal("and a child be made", exit_code_of([] { return 11; }), 11);
    int wrong = 0;
    for (long const number : {451L + 1000, 4096L, 1L << 20, 1L << 31, -1L, -4096L, 0x40000000L + 100000})
        wrong += syscall(number, -1, -1, -1, -1, -1, -1) == -1 && errno == ENOSYS ? 0 : 1;
    equal("numbers far outside are ENOSYS", wrong, 0);
}

constexpr Case kCases[] = {{"bad-pointer-sweep", sweep}};

}  // namespace

std::vector<BadPointer> const& bad_pointers() {
    static std::vector<BadPointer> const list = [] {
        constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS;
        auto* const pages =
            static_cast<unsigned char*>(mmap(nullptr, 3 * kPage, PROT_READ | PROT_WRITE, kFlags, -1, 0));
        memset(pages, 0xff, kPage);
        mprotect(pages, kPage, PROT_READ);
        munmap(pages + kPage, kPage);
        auto const read_only = reinterpret_cast<long>(pages + kPage - 64);
        auto const hole = reinterpret_cast<long>(pages + kPage + 64);
        return std::vector<BadPointer>{{BadPointer::Null, "null", 0},
                                       {BadPointer::NotMapped, "not mapped", hole},
                                       {BadPointer::ReadOnly, "read-only", read_only},
                                       {BadPointer::KernelHalf, "kernel half", static_cast<long>(0xffffffff80100000)},
                                       {BadPointer::NonCanonical, "non-canonical", 0x1234567812345678}};
    }();
    return list;
}

Group sweep_cases() { return kCases; }

}  // namespace systest
