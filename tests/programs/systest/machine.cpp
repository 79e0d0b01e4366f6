// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: registers, flags and vector state across system calls, faults and context switches.
/// @chapter testing
#include <immintrin.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>
#include <vector>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

void registers_kept() {
    struct {
        uint64_t rbx, rdx, rsi, rdi, r8, r9, r10, r12, r13, r14, r15;
    } out{};
    long result = 0;
    asm volatile(
        "mov $11, %%rbx\n mov $12, %%rdx\n mov $13, %%rsi\n mov $14, %%rdi\n mov $15, %%r8\n mov $16, %%r9\n"
        "mov $17, %%r10\n mov $18, %%r12\n mov $19, %%r13\n mov $20, %%r14\n mov $21, %%r15\n"
        "syscall\n"
        "mov %%rbx, 0(%2)\n mov %%rdx, 8(%2)\n mov %%rsi, 16(%2)\n mov %%rdi, 24(%2)\n mov %%r8, 32(%2)\n mov %%r9, "
        "40(%2)\n"
        "mov %%r10, 48(%2)\n mov %%r12, 56(%2)\n mov %%r13, 64(%2)\n mov %%r14, 72(%2)\n mov %%r15, 80(%2)\n"
        : "=a"(result)
        : "a"(SYS_getppid), "r"(&out)
        : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory");
    check("a system call answers in rax", result == getppid());
    check("and keeps rbx and r12 to r15",
          out.rbx == 11 && out.r12 == 18 && out.r13 == 19 && out.r14 == 20 && out.r15 == 21);
    check("and the arguments' registers",
          out.rdx == 12 && out.rsi == 13 && out.rdi == 14 && out.r8 == 15 && out.r9 == 16 && out.r10 == 17);
}

// A system call with `set` added to the flags: the flags after it.
uint64_t flags_after(uint64_t set) {
    uint64_t flags = 0;
    long number = SYS_getppid;
    asm volatile(
        "lea -128(%%rsp), %%rsp\n"  // past the compiler's red zone
        "pushfq\n orq %2, (%%rsp)\n popfq\n"
        "syscall\n"
        "pushfq\n popq %0\n"
        "pushfq\n andq $~0x44400, (%%rsp)\n popfq\n"
        "lea 128(%%rsp), %%rsp\n"
        : "=&r"(flags), "+a"(number)
        : "r"(set)
        : "rcx", "r11", "memory", "cc");
    return flags;
}

void flags_kept() {
    constexpr uint64_t kCarry = 1;
    constexpr uint64_t kDirection = 0x400;
    constexpr uint64_t kNested = 0x4000;
    constexpr uint64_t kAlignment = 0x40000;
    check("the carry flag survives a system call", (flags_after(kCarry) & kCarry) != 0);
    check("so does the direction flag", (flags_after(kDirection) & kDirection) != 0);
    check("and the alignment flag", (flags_after(kAlignment) & kAlignment) != 0);
    static_cast<void>(flags_after(kNested));
    check("a nested-task flag harms nobody", getppid() > 0);
    Fault const step = fault_of([] {
        asm volatile(
            "lea -128(%%rsp), %%rsp\n pushfq\n orq $0x100, (%%rsp)\n popfq\n nop\n nop\n lea 128(%%rsp), %%rsp" ::
                : "cc", "memory");
    });
    equal("the trap flag raises SIGTRAP", step.signal, SIGTRAP);
    equal("with TRAP_TRACE", step.code, TRAP_TRACE);
}

void faults_kept() {
    Pages const pages(4);
    uint64_t out[4] = {};
    asm volatile(
        "mov $101, %%rcx\n mov $102, %%r11\n mov $103, %%r10\n mov $104, %%r9\n"
        "movb $1, (%0)\n movb $1, 4096(%0)\n movb 8192(%0), %%al\n"
        "mov %%rcx, 0(%1)\n mov %%r11, 8(%1)\n mov %%r10, 16(%1)\n mov %%r9, 24(%1)\n"
        :
        : "r"(pages.page(0)), "r"(out)
        : "rax", "rcx", "r9", "r10", "r11", "memory");
    check("a page fault keeps every register", out[0] == 101 && out[1] == 102 && out[2] == 103 && out[3] == 104);
}

// Loads a pattern into vector registers, gives the processor away many times, and compares.
__attribute__((noinline)) bool vectors_survive(unsigned seed) {
    alignas(16) uint32_t in[16];
    alignas(16) uint32_t out[16] = {};
    for (uint32_t i = 0; i < 16; ++i) in[i] = seed * 1000003u + i;
    double const pushed = seed;
    double popped = 0;
    long number = SYS_sched_yield;
    asm volatile(
        "movdqa 0(%2), %%xmm1\n movdqa 16(%2), %%xmm6\n movdqa 32(%2), %%xmm11\n movdqa 48(%2), %%xmm15\n fldl %5\n"
        "syscall\n"
        "movdqa %%xmm1, 0(%3)\n movdqa %%xmm6, 16(%3)\n movdqa %%xmm11, 32(%3)\n movdqa %%xmm15, 48(%3)\n fstpl %1\n"
        : "+a"(number), "=m"(popped)
        : "r"(in), "r"(out), "m"(in), "m"(pushed)
        : "rcx", "r11", "xmm1", "xmm6", "xmm11", "xmm15", "memory");
    return memcmp(in, out, sizeof in) == 0 && popped == pushed;
}

__attribute__((noinline, target("avx2"))) bool wide_vectors_survive(unsigned seed) {
    alignas(32) uint64_t in[4] = {seed, seed + 1, seed * 7, seed * 9};
    alignas(32) uint64_t out[4] = {};
    long number = SYS_sched_yield;
    asm volatile("vmovdqa (%1), %%ymm3\n syscall\n vmovdqa %%ymm3, (%2)\n"
                 : "+a"(number)
                 : "r"(in), "r"(out)
                 : "rcx", "r11", "xmm3", "memory");
    return memcmp(in, out, sizeof in) == 0;
}

int survive_many(unsigned seed) {
    bool const wide = __builtin_cpu_supports("avx2") != 0;
    int wrong = 0;
    for (unsigned i = 0; i < 3000; ++i) {
        wrong += vectors_survive(seed + i) ? 0 : 1;
        if (wide) wrong += wide_vectors_survive(seed + i) ? 0 : 1;
    }
    return wrong;
}

void switches() {
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 6; ++i) threads.emplace_back([&, i] { wrong += survive_many(i * 100000); });
    for (auto& thread : threads) thread.join();
    equal("vector registers of six threads that take turns", wrong.load(), 0);
    std::vector<pid_t> children;
    for (unsigned i = 0; i < 4; ++i)
        children.push_back(start_child([i] { return survive_many(i * 100000) == 0 ? 0 : 1; }));
    int failed = 0;
    for (pid_t const child : children) failed += wait_for(child) != 0 ? 1 : 0;
    equal("and of four processes", failed, 0);
    unsigned const upward = 0x1f80 | 0x4000;
    unsigned const normal = 0x1f80;
    unsigned in_child = 0;
    asm volatile("ldmxcsr %0" ::"m"(upward));
    int const code = exit_code_of([&] {
        asm volatile("stmxcsr %0" : "=m"(in_child));
        return (in_child & 0x6000u) == 0x4000u ? 1 : 2;
    });
    asm volatile("ldmxcsr %0" ::"m"(normal));
    equal("the rounding mode is inherited by fork", code, 1);
}

void preemption() {
    std::atomic<bool> stop = false;
    std::vector<std::thread> spinners;
    for (int i = 0; i < 4; ++i)
        spinners.emplace_back([&] {
            while (!stop) continue;
        });
    int64_t const start = milliseconds_now();
    sleep_milliseconds(50);
    int const answered = exit_code_of([] { return 3; });
    stop = true;
    for (auto& thread : spinners) thread.join();
    equal("with four threads that never yield, others still run", answered, 3);
    check("soon", milliseconds_now() - start < 15000);
}

void bad_returns() {
    auto returns_to = [](uint64_t address) {
        static uint64_t volatile target;
        target = address;
        int const status = run_child([] {
            struct sigaction action {};
            action.sa_sigaction = [](int, siginfo_t*, void* context) {
                static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(target);
            };
            action.sa_flags = SA_SIGINFO;
            sigaction(SIGUSR1, &action, nullptr);
            return raise(SIGUSR1);
        });
        return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    };
    equal("a handler that returns to address 0", returns_to(0), SIGSEGV);
    equal("to the kernel", returns_to(0xffffffff80000000), SIGSEGV);
    equal("to a non-canonical address", returns_to(0x1234567812345678), SIGSEGV);
    int const status = run_child([] {
        struct sigaction action {};
        action.sa_sigaction = [](int, siginfo_t*, void* context) {
            auto& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
            machine.fpregs->mxcsr = 0xffffffff;
            machine.gregs[REG_EFL] |= 0x3000;  // the I/O privilege level
        };
        action.sa_flags = SA_SIGINFO;
        sigaction(SIGUSR1, &action, nullptr);
        raise(SIGUSR1);
        uint64_t flags = 0;
        asm volatile("lea -128(%%rsp), %%rsp\n pushfq\n popq %0\n lea 128(%%rsp), %%rsp" : "=r"(flags));
        return (flags & 0x3000) == 0 ? 0 : 1;
    });
    check("one that puts rubbish into its context gains nothing",
          status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV));
}

constexpr Case kCases[] = {
    {"registers", registers_kept}, {"flags", flags_kept},      {"fault-registers", faults_kept},
    {"switch", switches},          {"preemption", preemption}, {"bad-return", bad_returns},
};

}  // namespace

Group machine_cases() { return kCases; }

}  // namespace systest
