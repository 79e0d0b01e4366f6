// SPDX-License-Identifier: MIT
/// @file
/// @brief Guests that are interrupted: by their VMM, by their own timer and IPIs, while they run and while they sleep.
/// @chapter testing
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "cases.h"
#include "machine.h"

// Every guest enables its APIC first.
#define ENABLE_APIC "movl $0x80f, %ecx\nmovl $0x1ff, %eax\nxorl %edx, %edx\nwrmsr\n"

GUEST(spin_code, ENABLE_APIC R"(
    sti
1:  incq 0x31000+8*0x60
    cmpq $0, 0x31000+8*0x61
    je 1b
    cli
    outb %al, $0x50
)")
GUEST(sleep_code, ENABLE_APIC R"(
    sti
1:  hlt
    cmpq $1000, 0x31000+8*0x62
    jb 1b
    cli
    outb %al, $0x50
)")
GUEST(level_code, ENABLE_APIC R"(
    outb %al, $0x51
    sti
1:  pause
    cmpq $2, 0x31000+8*0x63
    jb 1b
    cli
    outb %al, $0x50
)")
GUEST(timer_code, ENABLE_APIC R"(
    movl $0x832, %ecx
    movl $0x40070, %eax         # TSC deadline
    wrmsr
    movl $20, %ebx
1:  rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    addq $200000, %rax
    movq %rax, %rdx
    shrq $32, %rdx
    movl $0x6e0, %ecx
    wrmsr
    sti
    hlt
    cli
    decl %ebx
    jnz 1b
    movl $0x832, %ecx           # then periodic, a millisecond
    movl $0x20071, %eax
    xorl %edx, %edx
    wrmsr
    movl $0x83e, %ecx
    movl $0xb, %eax
    wrmsr
    movl $0x838, %ecx
    movl $1000000, %eax
    wrmsr
    sti
2:  hlt
    cmpq $20, 0x31000+8*0x71
    jb 2b
    cli
    movl $0x838, %ecx
    xorl %eax, %eax
    wrmsr
    outb %al, $0x50
)")
GUEST(self_ipi_code, ENABLE_APIC R"(
    movl $0x83f, %ecx
    movl $0x80, %eax
    wrmsr
    movl $0x81, %eax
    wrmsr
    outb %al, $0x51             # both wait behind IF
    sti
    nop
    cli
    outb %al, $0x50
)")
// Sends itself NMIs through the ICR, with interrupts off; each is handled before the next.
GUEST(nmi_code, ENABLE_APIC R"(
    movl $3, %ebx
    movl $0x830, %ecx
1:  leaq 2f(%rip), %r13
    movl $0x40400, %eax         # NMI, to itself
    wrmsr
    nop
2:  movl 0x31000+8*2, %eax
    outl %eax, $0x51
    decl %ebx
    jnz 1b
    outb %al, $0x50
)")
GUEST(sender_code, ENABLE_APIC R"(
    movl $500, %ebx
1:  movl $0x830, %ecx
    movl $0x91, %eax
    movl $1, %edx
    wrmsr
    movq 0x31000+8*0x92, %rsi
    sti
2:  hlt
    cmpq %rsi, 0x31000+8*0x92
    je 2b
    cli
    decl %ebx
    jnz 1b
    outb %al, $0x50
)")
GUEST(answerer_code, ENABLE_APIC R"(
    outb %al, $0x51
    xorl %ebx, %ebx
1:  sti
    hlt
    cli
2:  cmpq %rbx, 0x31000+8*0x91
    je 1b
    incq %rbx
    movl $0x830, %ecx
    movl $0x92, %eax
    xorl %edx, %edx
    wrmsr
    cmpq $500, %rbx
    jb 1b
    outb %al, $0x50
)")

namespace ringvtest {

namespace {

void interrupt(int tid, unsigned vector, abi::Trigger trigger = abi::Trigger::Edge) {
    expect(ring_v_interrupt(tid, vector, trigger) == 0, "ring_v_interrupt");
}

/// Runs `other` beside the vCPU of this thread.
struct Beside {
    template <class Work>
    explicit Beside(Work work) : thread(work) {}
    ~Beside() { thread.join(); }
    std::thread thread;
};

void a_computing_guest_is_interrupted() {
    Vcpu vcpu(spin_code());
    const int tid = gettid();
    Beside other([tid] {
        const volatile u64& rounds = Memory::at(kCounts + 8 * 0x60);
        while (rounds < 1000) std::this_thread::yield();
        interrupt(tid, 0x61);
    });
    vcpu.run();
    expect_equal(Memory::count(0x61), 1, "interrupts");
}

void a_sleeping_guest_is_woken_every_time() {
    Vcpu vcpu(sleep_code());
    const int tid = gettid();
    std::atomic<bool> failed = false;
    Beside other([&failed, tid] {
        for (u64 i = 0; i < 1000; ++i) {
            // The vCPU exists from its first entry on.
            while (ring_v_interrupt(tid, 0x62, abi::Trigger::Edge) != 0) std::this_thread::yield();
            const auto start = std::chrono::steady_clock::now();
            const volatile u64& count = Memory::at(kCounts + 8 * 0x62);
            while (count <= i) {
                std::this_thread::yield();
                if (std::chrono::steady_clock::now() - start > std::chrono::seconds(5)) {
                    failed = true;
                    Memory::at(kCounts + 8 * 0x62) = 1000;
                    ring_v_interrupt(tid, 0x62, abi::Trigger::Edge);
                    return;
                }
            }
        }
    });
    vcpu.run();
    expect(!failed, "an interrupt was lost");
}

void level_interrupts_come_back_until_they_are_ended() {
    Vcpu vcpu(level_code());
    int ends = 0;
    vcpu.run([](u64) { interrupt(gettid(), 0x63, abi::Trigger::Level); },
             [&](abi::RingV& state) {
                 if (state.reason != abi::ExitReason::Eoi || state.exit.eoi.vector != 0x63) return false;
                 if (++ends == 1) interrupt(gettid(), 0x63, abi::Trigger::Level);  // the line is still high
                 return true;
             });
    expect_equal(ends, 2, "ends of the interrupt");
}

void the_timer_fires() {
    Vcpu vcpu(timer_code());
    vcpu.run();
    expect_equal(Memory::count(0x70), 20, "deadlines");
    expect(Memory::count(0x71) >= 20, "periods");
}

void interrupts_wait_for_the_window_in_order() {
    Vcpu vcpu(self_ipi_code());
    vcpu.run([](u64) {
        expect_equal(Memory::count(0x80) + Memory::count(0x81), 0, "none before STI");
        interrupt(gettid(), 0x90);
    });
    expect_equal(Memory::count(0x80), 1, "the first self-IPI");
    expect_equal(Memory::count(0x81), 1, "the second");
    expect_equal(Memory::count(0x90), 1, "the VMM's");
}

void nmis_come_whatever_if_says() {
    std::vector<u64> counts;
    Vcpu vcpu(nmi_code());
    vcpu.run([&](u64 value) { counts.push_back(value & 0xffff'ffff); });
    expect(counts == std::vector<u64>({1, 2, 3}), "NMIs after each command");
}

void vcpus_interrupt_each_other() {
    std::atomic<bool> ready = false;
    std::string failure;
    Beside other([&] {
        try {
            Vcpu vcpu(answerer_code(), 1, 2);
            vcpu.run([&](u64) { ready = true; });
        } catch (const std::string& what) {
            failure = what;
            ready = true;
        }
    });
    while (!ready) std::this_thread::yield();
    Vcpu vcpu(sender_code(), 0, 2);
    vcpu.run();
    other.thread.join();
    other.thread = std::thread([] {});
    expect(failure.empty(), failure);
    expect_equal(Memory::count(0x91), 500, "questions");
    expect_equal(Memory::count(0x92), 500, "answers");
}

constexpr Case kCases[] = {
    {"a_computing_guest_is_interrupted", a_computing_guest_is_interrupted},
    {"a_sleeping_guest_is_woken_every_time", a_sleeping_guest_is_woken_every_time},
    {"level_interrupts_come_back_until_they_are_ended", level_interrupts_come_back_until_they_are_ended},
    {"the_timer_fires", the_timer_fires},
    {"interrupts_wait_for_the_window_in_order", interrupts_wait_for_the_window_in_order},
    {"nmis_come_whatever_if_says", nmis_come_whatever_if_says},
    {"vcpus_interrupt_each_other", vcpus_interrupt_each_other},
};

}  // namespace

std::span<const Case> interrupt_cases() { return kCases; }

}  // namespace ringvtest
