// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: what a handler is given, the stack it runs on, and what is preserved around it.
/// @chapter testing
#include <immintrin.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

void handle(int signal, void (*handler)(int, siginfo_t*, void*), int flags = 0) {
    struct sigaction action {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | flags;
    sigaction(signal, &action, nullptr);
}

siginfo_t seen;
greg_t seen_registers[23];

void keep(int, siginfo_t* info, void* context) {
    seen = *info;
    memcpy(seen_registers, static_cast<ucontext_t*>(context)->uc_mcontext.gregs, sizeof seen_registers);
}

void information() {
    handle(SIGUSR1, keep);
    kill(getpid(), SIGUSR1);
    check("from kill: SI_USER, our number, our user",
          seen.si_signo == SIGUSR1 && seen.si_code == SI_USER && seen.si_pid == getpid() && seen.si_uid == getuid());
    raise(SIGUSR1);
    check("from raise: SI_TKILL", seen.si_code == SI_TKILL && seen.si_pid == getpid());
    pid_t const child =
        start_child([parent = getppid(), self = getpid()] { return kill(self, SIGUSR1) + (parent == 0 ? 1 : 0); });
    wait_for(child);
    equal("from a child: its number", seen.si_pid, child);
    handle(SIGCHLD, keep);
    pid_t const leaver = start_child([] { return 17; });
    wait_for(leaver);
    check("SIGCHLD: CLD_EXITED, who and how",
          seen.si_signo == SIGCHLD && seen.si_code == CLD_EXITED && seen.si_pid == leaver && seen.si_status == 17);
    pid_t const killed = start_child([] { return raise(SIGKILL); });
    wait_for(killed);
    check("SIGCHLD: CLD_KILLED", seen.si_code == CLD_KILLED && seen.si_pid == killed && seen.si_status == SIGKILL);
}

void registers() {
    handle(SIGTRAP, keep);
    uintptr_t after = 0;
    asm volatile(
        "lea 1f(%%rip), %0\n"
        "mov $0x1111, %%r12\n mov $0x2222, %%r13\n mov $0x3333, %%rbx\n"
        "int3\n"
        "1: nop"
        : "=&a"(after)
        :
        : "r12", "r13", "rbx", "memory");
    check("a handler finds the registers in its context",
          seen_registers[REG_R12] == 0x1111 && seen_registers[REG_R13] == 0x2222 && seen_registers[REG_RBX] == 0x3333);
    equal("and the address of the next instruction", seen_registers[REG_RIP], static_cast<greg_t>(after));
    check("and a stack pointer near ours",
          seen_registers[REG_RSP] - reinterpret_cast<greg_t>(__builtin_frame_address(0)) < 65536 &&
              reinterpret_cast<greg_t>(__builtin_frame_address(0)) - seen_registers[REG_RSP] < 65536);
    // The handler skips the two bytes of ud2 and changes a register.
    handle(SIGILL, [](int, siginfo_t*, void* context) {
        auto& values = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
        values[REG_RIP] += 2;
        values[REG_RAX] = 4242;
    });
    long value = 0;
    asm volatile("xor %%eax, %%eax\n ud2" : "=a"(value));
    equal("what it changes there takes effect when it returns", value, 4242);
    handle(SIGUSR1,
           [](int, siginfo_t*, void* context) { sigaddset(&static_cast<ucontext_t*>(context)->uc_sigmask, SIGHUP); });
    raise(SIGUSR1);
    sigset_t now;
    sigprocmask(SIG_BLOCK, nullptr, &now);
    equal("the mask too", sigismember(&now, SIGHUP), 1);
}

void red_zone_and_flags() {
    handle(SIGILL, [](int, siginfo_t*, void* context) {
        char volatile rubbish[512];
        for (char volatile& byte : rubbish) byte = 'r';
        asm volatile("std\n cld");
        static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] += 2;
    });
    long below = 0;
    asm volatile("movq $12345, -120(%%rsp)\n ud2\n movq -120(%%rsp), %0" : "=r"(below)::"memory");
    equal("the 128 bytes below the stack pointer are kept", below, 12345);
    unsigned char carry = 0;
    asm volatile("stc\n ud2\n setc %0" : "=r"(carry)::"cc");
    equal("the flags are kept", carry, 1);
}

alignas(64) unsigned char alternate[65536];
void* volatile handler_frame = nullptr;

bool on_alternate(void const* address) {
    auto const* const byte = static_cast<unsigned char const*>(address);
    return byte >= alternate && byte < alternate + sizeof alternate;
}

void note_frame(int, siginfo_t*, void*) { handler_frame = __builtin_frame_address(0); }

int recurse(int depth) {
    unsigned char volatile block[4096];
    block[0] = static_cast<unsigned char>(depth);
    return depth == 1 << 30 ? 0 : recurse(depth + 1) + block[0];
}

void alternate_stack() {
    stack_t stack{alternate, 0, sizeof alternate};
    succeeds("sigaltstack", sigaltstack(&stack, nullptr));
    handle(SIGUSR1, note_frame);
    raise(SIGUSR1);
    check("is not used without SA_ONSTACK", !on_alternate(handler_frame));
    handle(SIGUSR1, note_frame, SA_ONSTACK);
    raise(SIGUSR1);
    check("and used with it", on_alternate(handler_frame));
    stack_t now{};
    sigaltstack(nullptr, &now);
    check("it can be asked for", now.ss_sp == alternate && now.ss_size == sizeof alternate && now.ss_flags == 0);
    static int inside_flags = 0;
    static int change_error = 0;
    handle(
        SIGUSR1,
        [](int, siginfo_t*, void*) {
            stack_t mine{};
            sigaltstack(nullptr, &mine);
            inside_flags = mine.ss_flags;
            change_error = sigaltstack(&mine, nullptr) == -1 ? errno : 0;
        },
        SA_ONSTACK);
    raise(SIGUSR1);
    equal("in the handler it says SS_ONSTACK", inside_flags, SS_ONSTACK);
    equal("and cannot be changed", change_error, EPERM);
    int const status = run_child([] {
        handle(
            SIGSEGV, [](int, siginfo_t*, void*) { _exit(on_alternate(__builtin_frame_address(0)) ? 61 : 62); },
            SA_ONSTACK);
        return recurse(0);
    });
    equal("a stack that overflows can be handled on it", WIFEXITED(status) ? WEXITSTATUS(status) : -1, 61);
    stack.ss_size = 100;
    fails("one of 100 bytes is too small", sigaltstack(&stack, nullptr), ENOMEM);
    stack_t off{nullptr, SS_DISABLE, 0};
    succeeds("it can be turned off", sigaltstack(&off, nullptr));
    int const lost = run_child([] {
        handle(SIGSEGV, [](int, siginfo_t*, void*) { _exit(63); });
        return recurse(0);
    });
    check("without one a stack that overflows is the end", WIFSIGNALED(lost) && WTERMSIG(lost) == SIGSEGV);
}

void clobber_vectors(int, siginfo_t*, void*) {
    asm volatile(
        "pcmpeqd %%xmm0, %%xmm0\n pcmpeqd %%xmm1, %%xmm1\n pcmpeqd %%xmm7, %%xmm7\n pcmpeqd %%xmm15, %%xmm15\n"
        "fninit\n fldpi" ::
            : "xmm0", "xmm1", "xmm7", "xmm15");
    unsigned mode = 0x1f80 | 0x6000;
    asm volatile("ldmxcsr %0" ::"m"(mode));
}

__attribute__((target("avx2"))) bool wide_vectors_survive() {
    alignas(32) unsigned char before[32];
    alignas(32) unsigned char after[32] = {};
    for (unsigned i = 0; i < 32; ++i) before[i] = static_cast<unsigned char>(i * 3 + 1);
    asm volatile("vmovdqa %1, %%ymm9\n ud2\n vmovdqa %%ymm9, %0" : "=m"(after) : "m"(before) : "xmm9", "memory");
    return memcmp(before, after, 32) == 0;
}

void floating_point() {
    handle(SIGILL, [](int signal, siginfo_t* info, void* context) {
        clobber_vectors(signal, info, context);
        static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] += 2;
    });
    double const in[2] = {1.5, -2.25};
    double out[2] = {};
    double x87 = 0;
    unsigned mode_before = 0x1f80 | 0x2000;
    unsigned mode_after = 0;
    unsigned const normal = 0x1f80;
    asm volatile(
        "ldmxcsr %4\n movupd %3, %%xmm15\n fldl %5\n"
        "ud2\n"
        "movupd %%xmm15, %0\n fstpl %1\n stmxcsr %2\n ldmxcsr %6"
        : "=m"(out), "=m"(x87), "=m"(mode_after)
        : "m"(in), "m"(mode_before), "m"(in[0]), "m"(normal)
        : "xmm15", "memory");
    check("xmm registers survive a handler", out[0] == 1.5 && out[1] == -2.25);
    check("so does the x87 stack", x87 == 1.5);
    equal("and the rounding mode", mode_after & 0x6000u, 0x2000);
    handle(SIGILL, [](int, siginfo_t*, void* context) {
        if (__builtin_cpu_supports("avx2")) asm volatile("vzeroall" ::: "memory");
        static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] += 2;
    });
    check("so do ymm registers where there are any", !__builtin_cpu_supports("avx2") || wide_vectors_survive());
    static unsigned handler_mode = 0;
    handle(SIGUSR1, [](int, siginfo_t*, void*) { asm volatile("stmxcsr %0" : "=m"(handler_mode)); });
    asm volatile("ldmxcsr %0" ::"m"(mode_before));
    raise(SIGUSR1);
    asm volatile("ldmxcsr %0" ::"m"(normal));
    equal("a handler starts in the default mode", handler_mode & 0x6000u, 0);
}

void changed_vectors() {
    handle(SIGILL, [](int, siginfo_t*, void* context) {
        auto& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
        machine.gregs[REG_RIP] += 2;
        machine.fpregs->_xmm[4].element[0] = 0xabcd;
    });
    unsigned value = 1;
    asm volatile("movd %0, %%xmm4\n ud2\n movd %%xmm4, %0" : "+r"(value)::"xmm4");
    equal("a handler can change an xmm register of what it interrupted", value, 0xabcd);
}

constexpr Case kCases[] = {
    {"handler-info", information},      {"handler-registers", registers}, {"handler-red-zone", red_zone_and_flags},
    {"handler-stack", alternate_stack}, {"handler-fpu", floating_point},  {"handler-fpu-change", changed_vectors},
};

}  // namespace

Group handler_cases() { return kCases; }

}  // namespace systest
