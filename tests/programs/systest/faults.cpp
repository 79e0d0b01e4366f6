// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: what a bad access raises, and with which code and address.
/// @chapter testing
#include <sys/wait.h>
#include <csignal>
#include <cstring>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

bool at(Fault const& fault, void const* address) { return fault.address == reinterpret_cast<uintptr_t>(address); }

void divide_by_zero() {
    asm volatile("xor %%ecx, %%ecx\n mov $1, %%eax\n cltd\n idiv %%ecx" ::: "eax", "ecx", "edx", "cc");
}

// `mov eax, 42; ret`
constexpr unsigned char kReturn42[] = {0xb8, 42, 0, 0, 0, 0xc3};
// `mov eax, 43; ret`
constexpr unsigned char kReturn43[] = {0xb8, 43, 0, 0, 0, 0xc3};

int call(void const* code) {
    int (*function)() = nullptr;
    memcpy(&function, &code, sizeof function);
    return function();
}

void no_access() {
    Pages const pages(3, PROT_NONE);
    Fault const read = fault_of_read(pages.page(1) + 123);
    equal("a read raises SIGSEGV", read.signal, SIGSEGV);
    equal("with SEGV_ACCERR", read.code, SEGV_ACCERR);
    check("at the address that was read", at(read, pages.page(1) + 123));
    Fault const write = fault_of_write(pages.page(2) + 7);
    equal("a write raises SEGV_ACCERR", write.code, SEGV_ACCERR);
    check("at the address that was written", at(write, pages.page(2) + 7));
    mprotect(pages.page(1), kPage, PROT_READ);
    equal("made readable, a read is fine", fault_of_read(pages.page(1)).signal, 0);
    equal("and a write is not", fault_of_write(pages.page(1)).code, SEGV_ACCERR);
    mprotect(pages.page(1), kPage, PROT_READ | PROT_WRITE);
    equal("made writable, a write is fine", fault_of_write(pages.page(1)).signal, 0);
    mprotect(pages.page(1), kPage, PROT_NONE);
    equal("closed again, a read is not", fault_of_read(pages.page(1)).code, SEGV_ACCERR);
    mprotect(pages.page(1), kPage, PROT_READ);
    equal("and the content is kept", *pages.page(1), 1);
}

void not_mapped() {
    Fault const null = fault_of_read(nullptr);
    equal("a null pointer raises SIGSEGV", null.signal, SIGSEGV);
    equal("with SEGV_MAPERR", null.code, SEGV_MAPERR);
    check("at address 0", at(null, nullptr));
    unsigned char* gone = nullptr;
    {
        Pages const pages(2);
        pages[0] = 1;
        gone = pages.page(1);
    }
    Fault const after = fault_of_write(gone);
    equal("memory that was given back raises SEGV_MAPERR", after.code, SEGV_MAPERR);
    check("at its address", at(after, gone));
    auto* const kernel = reinterpret_cast<unsigned char*>(0xffffffff80000000ULL);
    equal("the kernel's half raises SIGSEGV", fault_of_read(kernel).signal, SIGSEGV);
    equal("also for a write", fault_of_write(kernel).signal, SIGSEGV);
    auto* const nowhere = reinterpret_cast<unsigned char*>(0x1234567812345678ULL);
    Fault const odd = fault_of_read(nowhere);
    equal("a non-canonical address raises SIGSEGV", odd.signal, SIGSEGV);
    equal("with SI_KERNEL", odd.code, SI_KERNEL);
    check("and no address", at(odd, nullptr));
}

void data_is_not_code() {
    Pages const pages(2);
    memcpy(pages.page(0), kReturn42, sizeof kReturn42);
    Fault const jump = fault_of([&] { call(pages.page(0)); });
    equal("a jump into data raises SIGSEGV", jump.signal, SIGSEGV);
    equal("with SEGV_ACCERR", jump.code, SEGV_ACCERR);
    check("at the address of the code", at(jump, pages.page(0)));
    succeeds("the page becomes code", mprotect(pages.page(0), kPage, PROT_READ | PROT_EXEC));
    equal("and runs", call(pages.page(0)), 42);
    equal("but cannot be written", fault_of_write(pages.page(0)).code, SEGV_ACCERR);
    succeeds("it becomes data again", mprotect(pages.page(0), kPage, PROT_READ | PROT_WRITE));
    memcpy(pages.page(0), kReturn43, sizeof kReturn43);
    equal("and does not run", fault_of([&] { call(pages.page(0)); }).signal, SIGSEGV);
    mprotect(pages.page(0), kPage, PROT_READ | PROT_EXEC);
    equal("the new code runs", call(pages.page(0)), 43);
    unsigned char on_stack[sizeof kReturn42];
    memcpy(on_stack, kReturn42, sizeof kReturn42);
    equal("a stack does not run", fault_of([&] { call(on_stack); }).signal, SIGSEGV);
    auto* const text = reinterpret_cast<unsigned char*>(reinterpret_cast<uintptr_t>(&signal_name));
    equal("the program's own code cannot be written", fault_of_write(text).code, SEGV_ACCERR);
}

void kills_without_handler() {
    auto died_of = [](auto body) {
        int const status = run_child([&] {
            body();
            return 0;
        });
        return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    };
    equal("a null pointer", died_of([] { *static_cast<int volatile*>(nullptr) = 1; }), SIGSEGV);
    equal("an instruction that does not exist", died_of([] { asm volatile("ud2"); }), SIGILL);
    equal("a division by zero", died_of(divide_by_zero), SIGFPE);
    equal("a breakpoint", died_of([] { asm volatile("int3"); }), SIGTRAP);
    equal("a privileged instruction", died_of([] { asm volatile("hlt"); }), SIGSEGV);
    equal("blocking SIGSEGV does not help", died_of([] {
              sigset_t all;
              sigfillset(&all);
              sigprocmask(SIG_BLOCK, &all, nullptr);
              *static_cast<int volatile*>(nullptr) = 1;
          }),
          SIGSEGV);
    equal("nor does ignoring it", died_of([] {
              signal(SIGSEGV, SIG_IGN);
              *static_cast<int volatile*>(nullptr) = 1;
          }),
          SIGSEGV);
    equal("a handler at an address that is none", died_of([] {
              signal(SIGUSR1, reinterpret_cast<void (*)(int)>(1UL << 47));
              raise(SIGUSR1);
          }),
          SIGSEGV);
}

void codes() {
    Fault const illegal = fault_of([] { asm volatile("ud2"); });
    equal("ud2 raises SIGILL", illegal.signal, SIGILL);
    equal("with ILL_ILLOPN", illegal.code, ILL_ILLOPN);
    check("at an address in the program", illegal.address != 0);
    Fault const division = fault_of(divide_by_zero);
    equal("a division by zero raises SIGFPE", division.signal, SIGFPE);
    equal("with FPE_INTDIV", division.code, FPE_INTDIV);
    equal("int3 raises SIGTRAP", fault_of([] { asm volatile("int3"); }).signal, SIGTRAP);
    Fault const privileged = fault_of([] { asm volatile("cli"); });
    equal("cli raises SIGSEGV", privileged.signal, SIGSEGV);
    equal("with SI_KERNEL", privileged.code, SI_KERNEL);
    alignas(16) static char storage[32];
    Fault const unaligned = fault_of([] { asm volatile("movaps (%0), %%xmm0" ::"r"(storage + 1) : "xmm0"); });
    equal("an unaligned movaps raises SIGSEGV", unaligned.signal, SIGSEGV);
}

// A page for each level of recursion; `depth` levels.
int deep(int depth) {
    unsigned char volatile frame[kPage];
    frame[0] = static_cast<unsigned char>(depth);
    int const below = depth == 0 ? 0 : deep(depth - 1);
    return below + (frame[0] == static_cast<unsigned char>(depth) ? 1 : 0);
}

void stack_grows() {
    equal("a stack 4 MiB deep", deep(1000), 1001);
    equal("in a child too", exit_code_of([] { return deep(1000) == 1001 ? 7 : 8; }), 7);
    int const status = run_child([] { return deep(1 << 30); });
    check("recursion without end dies of SIGSEGV", WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

constexpr Case kCases[] = {
    {"fault-no-access", no_access},
    {"fault-not-mapped", not_mapped},
    {"fault-data-as-code", data_is_not_code},
    {"fault-default", kills_without_handler},
    {"fault-codes", codes},
    {"fault-stack", stack_grows},
};

}  // namespace

Group fault_cases() { return kCases; }

}  // namespace systest
