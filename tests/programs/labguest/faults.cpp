// SPDX-License-Identifier: MIT
/// @file
/// @brief Programs and guests of lab 6, which touch what they may and what they may not.
/// @chapter testing
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstring>

#include "labguest.h"

// Reads the word at RDI, writes to it, and calls it, each in its turn; RAX is what it read.
GUEST(touch_one_code, R"(
    movq (%rdi), %rax
    outb %al, $0x51
    movq %rsi, (%rdi)           # three bytes
    outb %al, $0x51
    leaq 1f(%rip), %r14
    jmp *%rdi
1:  outb %al, $0x50
)")

namespace labguest {

using namespace ringvtest;

namespace {

constexpr u64 kPageBytes = 4096;
/// In the window, behind the guest's RAM.
constexpr u64 kPlace = 0x1000'0000;

u8* map(u64 address, u64 bytes, int protection) {
    void* const memory = mmap(reinterpret_cast<void*>(address), bytes, protection,
                              MAP_PRIVATE | MAP_ANONYMOUS | (address ? MAP_FIXED : 0), -1, 0);
    expect(memory != MAP_FAILED, "mmap failed");
    return static_cast<u8*>(memory);
}

sigjmp_buf back;
volatile sig_atomic_t code_seen = 0;
const void* volatile address_seen = nullptr;

void note(int signal, siginfo_t* info, void*) {
    code_seen = info->si_code;
    address_seen = info->si_addr;
    siglongjmp(back, signal);
}

/// The signal that `access` ends in; 0: none.
template <class Touch>
int signal_of(const Touch& touch) {
    struct sigaction action = {};
    action.sa_sigaction = note;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    for (const int signal : {SIGSEGV, SIGBUS}) sigaction(signal, &action, nullptr);
    const int signal = sigsetjmp(back, 1);
    if (signal == 0) touch();
    return signal;
}

void expect_signal(int signal, int code, const volatile u8* at, int seen, const std::string& what) {
    expect_equal(seen, signal, what + ": the signal");
    expect_equal(code_seen, code, what + ": its code");
    expect(address_seen == at, what + ": its address");
}

void programs_get_their_faults() {
    volatile u8* const fresh = map(0, 8 * kPageBytes, PROT_READ | PROT_WRITE);
    volatile u8* const constant = map(0, kPageBytes, PROT_READ);
    u8* const untouched = map(0, kPageBytes, PROT_READ | PROT_WRITE);
    volatile u8* const hole = map(0, kPageBytes, PROT_NONE);
    munmap(const_cast<u8*>(hole), kPageBytes);
    const auto touch = [](volatile u8* at) { return [at] { *at = 1; }; };
    const auto read = [](const volatile u8* at) { return [at] { (void)*at; }; };

    expect_equal(fresh[3 * kPageBytes + 5], 0, "fresh memory");
    expect_equal(signal_of(touch(fresh + 5 * kPageBytes)), 0, "a write to fresh memory");
    expect_signal(SIGSEGV, SEGV_MAPERR, hole + 7, signal_of(read(hole + 7)), "a read where nothing is");
    expect_signal(SIGSEGV, SEGV_ACCERR, constant + 9, signal_of(touch(constant + 9)), "a write to what is constant");
    fresh[0] = 0xc3;  // ret
    expect_signal(SIGSEGV, SEGV_ACCERR, fresh,
                  signal_of([&] { reinterpret_cast<void (*)()>(reinterpret_cast<u64>(fresh))(); }),
                  "a call of what is data");

    const int file = open("/tmp/labguest", O_RDWR | O_CREAT | O_TRUNC, 0600);
    expect(file >= 0 && ftruncate(file, 100) == 0, "a file of 100 bytes");
    auto* const shown = static_cast<volatile u8*>(mmap(nullptr, 2 * kPageBytes, PROT_READ, MAP_PRIVATE, file, 0));
    expect(shown != MAP_FAILED, "mmap of a file");
    expect_equal(shown[99], 0, "the last byte of the file");
    expect_signal(SIGBUS, BUS_ADRERR, shown + kPageBytes, signal_of(read(shown + kPageBytes)),
                  "a read behind a file's end");
    close(file);

    // The kernel's own copies, into memory that nobody touched, and to where nothing is.
    int ends[2];
    expect(pipe(ends) == 0, "pipe");
    const u64 word = nonce;
    expect_equal(::write(ends[1], &word, sizeof word), sizeof word, "bytes written");
    expect_equal(::read(ends[0], untouched + 100, sizeof word), sizeof word, "bytes read into fresh memory");
    expect(std::memcmp(untouched + 100, &word, sizeof word) == 0, "what was read into fresh memory");
    expect(::write(ends[1], const_cast<u8*>(hole), 8) == -1 && errno == EFAULT, "EFAULT for a copy from nothing");
    close(ends[0]), close(ends[1]);
}

/// What `child` finds in a process of its own.
template <class Child>
void expect_of_child(const Child& child, const std::string& what) {
    const pid_t pid = fork();
    expect(pid >= 0, "fork");
    if (pid == 0) _exit(child() ? 0 : 1);
    int status = -1;
    expect(waitpid(pid, &status, 0) == pid && status == 0, what);
}

void a_fork_keeps_what_it_had() {
    auto* const words = reinterpret_cast<volatile u64*>(map(0, 64 * kPageBytes, PROT_READ | PROT_WRITE));
    const auto word_at = [&](u64 page) -> volatile u64& { return words[page * kPageBytes / 8]; };
    for (u64 page = 0; page < 64; ++page) word_at(page) = nonce + page;
    expect_of_child(
        [&] {
            bool right = true;
            for (u64 page = 0; page < 64; ++page) {
                right = right && word_at(page) == nonce + page;
                word_at(page) = page;
            }
            for (u64 page = 0; page < 64; ++page) right = right && word_at(page) == page;
            return right;
        },
        "the child finds what its parent had, and then what it wrote");
    for (u64 page = 0; page < 64; ++page) {
        expect_equal(word_at(page), nonce + page, "the parent's word, after the child has written");
        word_at(page) = 1;
    }
}

void a_guest_is_denied_what_its_monitor_is() {
    for (const int protection : {PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC, PROT_NONE}) {
        auto* const page = reinterpret_cast<u64*>(map(kPlace, kPageBytes, PROT_READ | PROT_WRITE));
        // jmp *%r14, and the nonce behind it
        *page = 0xe6ff41 | nonce << 24;
        const u64 before = *page;
        expect(mprotect(page, kPageBytes, protection) == 0, "mprotect");
        Vcpu vcpu(touch_one_code());
        vcpu.general().rdi = kPlace;
        vcpu.general().rsi = before + (1ULL << 40);
        unsigned refused = 0;  // by kind of access
        vcpu.run({}, [&](abi::RingV& state) {
            if (state.reason == abi::ExitReason::Io) {
                state.general.rip = state.exit.io.next_rip;
                return true;
            }
            if (state.reason != abi::ExitReason::Mmio) return false;
            expect_equal(state.exit.mmio.gpa, kPlace, "the address of a refused access");
            refused |= 1U << static_cast<u32>(state.exit.mmio.access);
            if (state.exit.mmio.access == abi::MmioAccess::Execute)
                state.general.rip = state.general.r14;
            else
                state.general.rip += 3;
            return true;
        });
        const unsigned expected =
            (protection & PROT_READ ? 0 : 1U) | (protection & PROT_WRITE ? 0 : 2U) | (protection & PROT_EXEC ? 0 : 4U);
        expect_equal(refused, expected, "accesses refused with protection " + std::to_string(protection));
        expect(mprotect(page, kPageBytes, PROT_READ) == 0, "mprotect");
        expect_equal(*page, protection & PROT_WRITE ? before + (1ULL << 40) : before, "the word in the page");
    }
    munmap(reinterpret_cast<void*>(kPlace), kPageBytes);
}

/// The guest breaks what its monitor shares with another process since a fork.
void a_guest_writes_after_a_fork() {
    auto* const word = reinterpret_cast<volatile u64*>(map(kPlace, kPageBytes, PROT_READ | PROT_WRITE | PROT_EXEC));
    *word = 0xe6ff41 | nonce << 24;
    const u64 before = *word;
    int go[2];
    expect(pipe(go) == 0, "pipe");
    const pid_t pid = fork();
    expect(pid >= 0, "fork");
    if (pid == 0) {
        char byte;
        close(go[1]);
        const bool told = ::read(go[0], &byte, 1) == 1;
        _exit(told && *word == before ? 0 : 1);
    }
    Vcpu vcpu(touch_one_code());
    vcpu.general().rdi = kPlace;
    vcpu.general().rsi = before + (1ULL << 41);
    vcpu.run();
    expect_equal(*word, before + (1ULL << 41), "what the guest wrote");
    expect(::write(go[1], "x", 1) == 1, "write");
    int status = -1;
    expect(waitpid(pid, &status, 0) == pid, "waitpid");
    expect_equal(status, 0, "the other process's status, which looks for its own word");
    close(go[0]), close(go[1]);
    munmap(reinterpret_cast<void*>(kPlace), kPageBytes);
}

constexpr Case kCases[] = {
    {"programs_get_their_faults", programs_get_their_faults},
    {"a_fork_keeps_what_it_had", a_fork_keeps_what_it_had},
    {"a_guest_is_denied_what_its_monitor_is", a_guest_is_denied_what_its_monitor_is},
    {"a_guest_writes_after_a_fork", a_guest_writes_after_a_fork},
};

}  // namespace

std::span<const Case> fault_cases() { return kCases; }

}  // namespace labguest
