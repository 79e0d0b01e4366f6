// SPDX-License-Identifier: MIT
/// @file
/// @brief What one exit costs, in ticks of the TSC: under QEMU's `-icount shift=0`, instructions.
/// @chapter testing
#include <sys/mman.h>

#include <cstdio>
#include <cstring>

#include "cases.h"
#include "machine.h"

// Runs `text` a thousand times, and tells the ticks that took.
#define TIMED(text)                                                                        \
    "rdtsc\nshlq $32, %rdx\norq %rax, %rdx\nmovq %rdx, %r14\nmovl $1000, %r15d\n1:\n" text \
    "decl %r15d\njnz 1b\nrdtsc\nshlq $32, %rdx\norq %rdx, %rax\nsubq %r14, %rax\noutl %eax, $0x51\n"

GUEST(cpuid_cost, TIMED("xorl %eax, %eax\ncpuid\n") "outb %al, $0x50\n")
GUEST(port_cost, TIMED("outb %al, $0x60\n") "outb %al, $0x50\n")
// Touches R15 places from RDI on, RSI bytes apart, and leaves the ticks that took at kData.
GUEST(touch_cost, R"(
    rdtsc
    shlq $32, %rdx
    orq %rax, %rdx
    movq %rdx, %r14
1:  movq %rdi, (%rdi)
    addq %rsi, %rdi
    decq %r15
    jnz 1b
    rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    subq %r14, %rax
    movq %rax, 0x30000
    outb %al, $0x50
)")

namespace ringvtest {

namespace {

/// A loop with nothing of a VMM in it but the entry.
void measure(const char* what, Code code) {
    const Memory memory;
    Vcpu vcpu(code);
    abi::RingV& state = vcpu.state();
    for (;;) {
        if (ring_v_enter(&state) != 0) throw std::string("ring_v_enter failed");
        if (state.reason == abi::ExitReason::Interrupted) continue;
        if (state.reason != abi::ExitReason::Io) throw std::string("an exit that is no port");
        if (state.exit.io.port == kPortDone) return;
        if (state.exit.io.port == kPortValue) std::printf("%s %u\n", what, static_cast<u32>(state.general.rax) / 1000);
        state.general.rip = state.exit.io.next_rip;
    }
}

/// What this process's pairs take.
u64 pair_bytes() {
    std::FILE* const file = std::fopen("/proc/self/pairs", "r");
    expect(file != nullptr, "there is no /proc/self/pairs");
    char name[32];
    unsigned long long value = 0;
    while (std::fscanf(file, "%31s %llu", name, &value) == 2 && std::strcmp(name, "pair_bytes") != 0) continue;
    std::fclose(file);
    return value;
}

}  // namespace

void measure_exits() {
    measure("cpuid", cpuid_cost());
    measure("port", port_cost());
}

void measure_faults() {
    constexpr u64 kGiB = 1 << 30, k2M = 2 << 20, kBegin = 4 * kGiB;
    const Memory memory;
    struct Kind {
        const char* what;
        u64 page;
        int flags;
        u64 apart;  ///< bytes at the end that get another right, so that no page can be all of the GiB
    };
    // A stack's pages are small.
    for (const Kind& kind : {Kind{"4k", 4096, MAP_STACK, 0}, Kind{"2m", k2M, 0, k2M}, Kind{"1g", kGiB, 0, 0}}) {
        const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE | kind.flags;
        void* const begin = mmap(reinterpret_cast<void*>(kBegin), kGiB, PROT_READ | PROT_WRITE, flags, -1, 0);
        expect(begin != MAP_FAILED, "a GiB could not be mapped");
        char* const end = static_cast<char*>(begin) + kGiB;
        if (kind.apart) mprotect(end - kind.apart, kind.apart, PROT_READ | PROT_WRITE | PROT_EXEC);
        const u64 before = pair_bytes(), count = kGiB / kind.page;
        Vcpu vcpu(touch_cost());
        vcpu.general().rdi = kBegin;
        vcpu.general().rsi = kind.page;
        vcpu.general().r15 = count;
        vcpu.run();
        std::printf("fault-%s %llu\n", kind.what, static_cast<unsigned long long>(Memory::at(kData) / count));
        std::printf("pairs-%s %llu\n", kind.what, static_cast<unsigned long long>(pair_bytes() - before));
        std::fflush(stdout);
        munmap(begin, kGiB);
    }
}

}  // namespace ringvtest
