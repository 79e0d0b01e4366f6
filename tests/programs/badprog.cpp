// SPDX-License-Identifier: MIT
/// @file
/// @brief Does forbidden things, each in a child, and says which signal came of it: the same on Linux and on Twain.
/// @chapter testing
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

constexpr size_t kPage = 4096;
constexpr int kPrivate = MAP_PRIVATE | MAP_ANONYMOUS;

// Where the deed is expected to fault; set by the deed just before it does.
uintptr_t volatile expected_address = 0;

void touch(uintptr_t address) {
    expected_address = address;
    static_cast<void>(*reinterpret_cast<unsigned char volatile*>(address));
}

void store(uintptr_t address) {
    expected_address = address;
    *reinterpret_cast<unsigned char volatile*>(address) = 1;
}

void call(uintptr_t address) {
    expected_address = address;
    void (*function)() = nullptr;
    memcpy(&function, &address, sizeof address);
    function();
}

uintptr_t writable_return() {
    static unsigned char* const page =
        static_cast<unsigned char*>(mmap(nullptr, kPage, PROT_READ | PROT_WRITE, kPrivate, -1, 0));
    page[0] = 0xc3;  // ret
    return reinterpret_cast<uintptr_t>(page);
}

uintptr_t code_of(void (*function)()) {
    uintptr_t address = 0;
    memcpy(&address, &function, sizeof address);
    return address;
}

void call_stack() {
    unsigned char volatile code[16];
    code[0] = 0xc3;
    call(reinterpret_cast<uintptr_t>(&code[0]));
}

int recurse(int depth) {
    unsigned char volatile block[kPage];
    block[0] = static_cast<unsigned char>(depth);
    return depth == INT_MAX ? 0 : recurse(depth + 1) + block[0];
}

void misaligned() {
    alignas(16) static char storage[32];
    asm volatile("movaps %%xmm0, (%0)" ::"r"(storage + 4) : "memory");
}

void divide(int dividend, int divisor) {
    asm volatile("cltd\n idivl %1" : "+a"(dividend) : "r"(divisor) : "edx", "cc");
}

void x87_divide() {
    unsigned short const control = 0x0360;  // division by zero is not masked
    asm volatile("fninit\n fldcw %0\n fldz\n fld1\n fdivp\n fwait" ::"m"(control));
}

void load_table(char const* kind) {
    unsigned char const limit_and_base[10] = {};
    if (*kind == 'g') asm volatile("lgdt %0" ::"m"(limit_and_base));
    if (*kind == 'i') asm volatile("lidt %0" ::"m"(limit_and_base));
}

void far_return() { asm volatile("push $0x10\n lea 1f(%%rip), %%rax\n push %%rax\n lretq\n1:" ::: "rax", "memory"); }

void interrupt_return() {
    asm volatile(
        "mov %%ss, %%eax\n push %%rax\n push %%rsp\n pushfq\n push $0x10\n lea 1f(%%rip), %%rax\n push %%rax\n "
        "iretq\n1:" ::
            : "rax", "memory");
}

// How much of what follows a deed is the same everywhere.
enum class Answer {
    Exact,  // the signal, its code and its address
    Any,    // that some signal ends it: QEMU's TCG (7.2) reads the stack of these as if the kernel did
};

struct Deed {
    std::string_view name;
    void (*act)();
    Answer answer = Answer::Exact;
};

constexpr Deed kDeeds[] = {
    {"null-read", [] { touch(0); }},
    {"null-write", [] { store(0); }},
    {"null-call", [] { call(0); }},
    {"kernel-read", [] { touch(0xffffffff80100000); }},
    {"kernel-write", [] { store(0xffff800000000000); }},
    {"kernel-call", [] { call(0xffffffff80100000); }},
    {"non-canonical-read", [] { touch(0x1234567812345678); }},
    {"non-canonical-call", [] { call(0x8000000000000000); }},
    {"data-call", [] { call(writable_return()); }},
    {"stack-call", [] { call_stack(); }},
    {"code-write", [] { store(code_of(misaligned)); }},
    {"stack-overflow", [] { exit(recurse(0)); }},
    {"unaligned-sse", [] { misaligned(); }},
    {"divide-by-zero", [] { divide(1, 0); }},
    {"divide-overflow", [] { divide(INT_MIN, -1); }},
    {"x87-divide", [] { x87_divide(); }},
    {"int3", [] { asm volatile("int3"); }},
    {"single-step",
     [] {
         asm volatile("lea -128(%%rsp), %%rsp\n pushfq\n orq $0x100, (%%rsp)\n popfq\n nop" ::: "memory");
     }},
    {"ud2", [] { asm volatile("ud2"); }},
    {"cli", [] { asm volatile("cli"); }},
    {"sti", [] { asm volatile("sti"); }},
    {"hlt", [] { asm volatile("hlt"); }},
    {"in",
     [] {
         asm volatile("inb $0x60, %%al" ::: "al");
     }},
    {"out", [] { asm volatile("outb %%al, $0x64" ::"a"(0xfe)); }},
    {"rdmsr", [] { asm volatile("rdmsr" ::"c"(0x1b)
                                : "eax", "edx"); }},
    {"wrmsr", [] { asm volatile("wrmsr" ::"c"(0x1b), "a"(0), "d"(0)); }},
    {"mov-cr0",
     [] {
         asm volatile("mov %%cr0, %%rax" ::: "rax");
     }},
    {"mov-cr3", [] { asm volatile("mov %0, %%cr3" ::"r"(uint64_t{0})); }},
    {"mov-cr4", [] { asm volatile("mov %0, %%cr4" ::"r"(uint64_t{0})); }},
    {"mov-dr7", [] { asm volatile("mov %0, %%dr7" ::"r"(uint64_t{0})); }},
    {"lgdt", [] { load_table("g"); }},
    {"lidt", [] { load_table("i"); }},
    {"ltr", [] { asm volatile("ltr %0" ::"r"(uint16_t{0x28})); }},
    {"invlpg", [] { asm volatile("invlpg (%0)" ::"r"(&expected_address)); }},
    {"wbinvd", [] { asm volatile("wbinvd"); }},
    {"swapgs", [] { asm volatile("swapgs"); }},
    {"stac", [] { asm volatile(".byte 0x0f, 0x01, 0xcb"); }},
    {"xsetbv", [] { asm volatile("xsetbv" ::"a"(7), "d"(0), "c"(0)); }},
    {"sysret", [] { asm volatile("sysretq"); }},
    {"software-interrupt", [] { asm volatile("int $0x21"); }},
    {"double-fault-vector", [] { asm volatile("int $8"); }},
    {"kernel-segment", [] { asm volatile("mov %0, %%ds" ::"r"(uint32_t{0x10})); }},
    {"far-return", far_return, Answer::Any},
    {"interrupt-return", interrupt_return, Answer::Any},
};

void print(std::string_view text) {
    while (!text.empty()) {
        ssize_t const n = write(1, text.data(), text.size());
        if (n <= 0 && errno != EINTR) return;
        if (n > 0) text.remove_prefix(static_cast<size_t>(n));
    }
}

std::string signal_name(int signal) {
    char const* const name = sigabbrev_np(signal);
    return name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(signal);
}

struct CodeName {
    int signal;
    int code;
    char const* name;
};

constexpr CodeName kCodes[] = {
    {SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR"}, {SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR"}, {SIGILL, ILL_ILLOPN, "ILL_ILLOPN"},
    {SIGFPE, FPE_INTDIV, "FPE_INTDIV"},    {SIGFPE, FPE_FLTDIV, "FPE_FLTDIV"},    {SIGTRAP, TRAP_TRACE, "TRAP_TRACE"},
    {SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT"},   {SIGBUS, BUS_ADRALN, "BUS_ADRALN"},
};

char const* code_name(int signal, int code) {
    if (code == SI_KERNEL) return "SI_KERNEL";
    for (auto const& known : kCodes)
        if (known.signal == signal && known.code == code) return known.name;
    return "another code";
}

// Says what a handler is told. The address is named and not printed, since it differs from run to run.
void tell(int signal, siginfo_t* info, void*) {
    auto const address = reinterpret_cast<uintptr_t>(info->si_addr);
    std::string line = ", a handler sees " + std::string(code_name(signal, info->si_code));
    if (expected_address != 0 && address == expected_address)
        line += " at that address";
    else if (address == 0)
        line += " at address 0";
    else
        line += " at some address";
    print(line + "\n");
    _exit(0);
}

void handle_all() {
    static std::array<unsigned char, 1 << 16> stack;
    stack_t const alternate{stack.data(), 0, stack.size()};
    sigaltstack(&alternate, nullptr);
    struct sigaction action {};
    action.sa_sigaction = tell;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (int const signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP}) sigaction(signal, &action, nullptr);
}

int status_of(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return status;
}

bool run(Deed const& deed) {
    pid_t const child = fork();
    if (child == 0) {
        deed.act();
        _exit(0);
    }
    int const status = status_of(child);
    if (deed.answer == Answer::Any) {
        print(std::string(deed.name) + (WIFSIGNALED(status) ? ": a signal\n" : ": nothing happened\n"));
        return WIFSIGNALED(status);
    }
    if (WIFSIGNALED(status))
        print(std::string(deed.name) + ": " + signal_name(WTERMSIG(status)));
    else
        print(std::string(deed.name) + ": nothing happened");
    pid_t const second = fork();
    if (second == 0) {
        handle_all();
        deed.act();
        print("\n");
        _exit(0);
    }
    int const told = status_of(second);
    if (WIFSIGNALED(told)) print(", a handler does not run\n");
    return WIFSIGNALED(status) && WIFEXITED(told);
}

// Takes memory until it is refused or the process is killed.
[[noreturn]] void take_memory(size_t limit_mib) {
    rlimit const limit{limit_mib << 20, limit_mib << 20};
    setrlimit(RLIMIT_AS, &limit);
    constexpr size_t kChunk = 4 << 20;
    for (size_t taken = 0; taken < (limit_mib << 20) * 2; taken += kChunk) {
        void* const chunk = mmap(nullptr, kChunk, PROT_READ | PROT_WRITE, kPrivate, -1, 0);
        if (chunk == MAP_FAILED) _exit(errno == ENOMEM ? 40 : 41);
        for (size_t i = 0; i < kChunk; i += kPage) static_cast<unsigned char volatile*>(chunk)[i] = 1;
    }
    _exit(42);
}

bool out_of_memory(size_t limit_mib) {
    bool good = true;
    for (int round = 0; round < 2; ++round) {
        pid_t const child = fork();
        if (child == 0) take_memory(limit_mib);
        int const status = status_of(child);
        bool const refused = WIFEXITED(status) && WEXITSTATUS(status) == 40;
        bool const killed = WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGBUS);
        good = good && (refused || killed);
        print(refused || killed ? "oom: memory is refused or the process killed" : "oom: neither refused nor killed");
        constexpr size_t kBytes = 16 << 20;
        void* const again = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, kPrivate, -1, 0);
        if (again != MAP_FAILED) memset(again, 1, kBytes);
        good = good && again != MAP_FAILED;
        print(again != MAP_FAILED ? ", then there is memory again\n" : ", then there is none left\n");
        if (again != MAP_FAILED) munmap(again, kBytes);
    }
    return good;
}

constexpr std::string_view kUsage =
    "usage: badprog [--direct] [--limit MIB] MODE...\n"
    "Does what a program must not do, each deed in a child, and says which signal ends it and what a handler is told.\n"
    "  MODE         a deed (badprog --list prints them), 'oom', or 'all' for all of them\n"
    "  --direct     do the first deed in this process itself\n"
    "  --limit MIB  what 'oom' takes before it is refused on a machine with more (default 1536)\n"
    "Exit status: 0 when every deed was answered by a signal, 1 when one was not, 2 for wrong arguments.\n";

[[noreturn]] void usage_error(std::string const& message) {
    std::string const line = "badprog: " + message + "; try badprog --help\n";
    static_cast<void>(!write(2, line.data(), line.size()));
    exit(2);
}

struct Arguments {
    bool direct = false;
    size_t limit_mib = 1536;
};

bool run_mode(std::string_view mode, Arguments const& arguments) {
    bool good = true;
    bool found = mode == "all" || mode == "oom";
    for (Deed const& deed : kDeeds) {
        if (mode != "all" && mode != deed.name) continue;
        found = true;
        if (arguments.direct && mode != "all")
            deed.act();
        else
            good = run(deed) && good;
    }
    if (!found) usage_error("no mode is called " + std::string(mode));
    if (mode == "oom" && arguments.direct) take_memory(arguments.limit_mib);
    if (mode == "oom" || mode == "all") good = out_of_memory(arguments.limit_mib) && good;
    return good;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    bool good = true;
    int modes = 0;
    for (int i = 1; i < argc; ++i) {
        std::string_view const word = argv[i];
        if (word == "--help") return print(kUsage), 0;
        if (word == "--list") {
            for (Deed const& deed : kDeeds) print(std::string(deed.name) + "\n");
            return print("oom\n"), 0;
        }
        if (word == "--direct") {
            arguments.direct = true;
        } else if (word == "--limit") {
            arguments.limit_mib = i + 1 < argc ? strtoul(argv[++i], nullptr, 10) : 0;
            if (arguments.limit_mib == 0) usage_error("--limit needs a number of MiB above 0");
        } else if (word.starts_with("-")) {
            usage_error("unknown option " + std::string(word));
        } else {
            good = run_mode(word, arguments) && good;
            ++modes;
        }
    }
    if (modes == 0) usage_error("which mode?");
    return good ? 0 : 1;
}
