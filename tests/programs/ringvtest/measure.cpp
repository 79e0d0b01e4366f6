// SPDX-License-Identifier: MIT
/// @file
/// @brief What one exit costs, in ticks of the TSC: under QEMU's `-icount shift=0`, instructions.
/// @chapter testing
#include <cstdio>

#include "cases.h"
#include "machine.h"

// Runs `text` a thousand times, and tells the ticks that took.
#define TIMED(text)                                                                        \
    "rdtsc\nshlq $32, %rdx\norq %rax, %rdx\nmovq %rdx, %r14\nmovl $1000, %r15d\n1:\n" text \
    "decl %r15d\njnz 1b\nrdtsc\nshlq $32, %rdx\norq %rdx, %rax\nsubq %r14, %rax\noutl %eax, $0x51\n"

GUEST(cpuid_cost, TIMED("xorl %eax, %eax\ncpuid\n") "outb %al, $0x50\n")
GUEST(port_cost, TIMED("outb %al, $0x60\n") "outb %al, $0x50\n")
GUEST(fault_cost, "movq $0x1000000, %rdi\nmovq %rdi, (%rdi)\naddq $4096, %rdi\n" TIMED(
                      "movq %rdi, (%rdi)\naddq $4096, %rdi\n") "outb %al, $0x50\n")

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

}  // namespace

void measure_exits() {
    measure("cpuid", cpuid_cost());
    measure("port", port_cost());
    measure("fault", fault_cost());
}

}  // namespace ringvtest
