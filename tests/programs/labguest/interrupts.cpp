// SPDX-License-Identifier: MIT
/// @file
/// @brief Guests of lab 7: in which order interrupts come, and when the timer fires.
/// @chapter testing
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "labguest.h"

#define ENABLE_APIC "movl $0x80f, %ecx\nmovl $0x1ff, %eax\nxorl %edx, %edx\nwrmsr\n"

// The handler of all interrupts: appends the vector to a list, and ends the interrupt. In front of that it lets others in where the
// vector is 50h.
GUEST(logging_handler, R"(
    pushq %rax
    pushq %rcx
    pushq %rdx
    movq 24(%rsp), %rax
    movq 0x33000, %rcx
    movb %al, 0x33010(%rcx)
    incq 0x33000
    cmpb $0x50, %al
    jne 1f
    movl $0x80a, %ecx           # PPR
    rdmsr
    outl %eax, $0x51
    sti
    nop
    nop
    cli
1:  movl $0x80b, %ecx
    xorl %eax, %eax
    xorl %edx, %edx
    wrmsr
    popq %rdx
    popq %rcx
    popq %rax
    addq $16, %rsp
    iretq
)")
// R15 is the task priority; twice it lets interrupts in, the second time with priority 0.
GUEST(priority_code, ENABLE_APIC R"(
    movq %r15, %cr8
    outb %al, $0x51
    sti
    nop
    nop
    cli
    outb %al, $0x51
    xorl %eax, %eax
    movq %rax, %cr8
    sti
    nop
    nop
    cli
    outb %al, $0x50
)")
// In the timer's mode that R8 says, vector 70h: R9 counts with divide register R10. Waits for R14 interrupts, stops the timer where R11 says
// so, tells the current count and how long that took, and looks whether more come in twice as long. R12 times.
GUEST(count_code, ENABLE_APIC R"(
    movl $0x832, %ecx
    movl %r8d, %eax
    xorl %edx, %edx
    wrmsr
    movl $0x83e, %ecx
    movl %r10d, %eax
    wrmsr
    rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    movq %rax, %rbx
    movl $0x838, %ecx
    movl %r9d, %eax
    xorl %edx, %edx
    wrmsr
1:  sti
    hlt
    cli
    cmpq %r14, 0x31000+8*0x70
    jb 1b
    testl %r11d, %r11d
    jz 2f
    movl $0x838, %ecx
    xorl %eax, %eax
    xorl %edx, %edx
    wrmsr
2:  movl $0x839, %ecx
    rdmsr
    outl %eax, $0x51
    rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    subq %rbx, %rax
    movq %rax, %rsi
    outl %eax, $0x51
    leaq (%rbx,%rsi,2), %rbx
    addq %rsi, %rbx
    sti
3:  rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    cmpq %rbx, %rax
    jb 3b
    cli
    outb %al, $0x50
)")
// TSC-deadline mode, vector 70h: arms the timer R8 ticks ahead, tells the deadline that it reads, and waits for the interrupt where R9
// says so; else disarms it and looks for twice as long. Then tells the deadline again.
GUEST(deadline_code, ENABLE_APIC R"(
    movl $0x832, %ecx
    movl $0x40070, %eax
    xorl %edx, %edx
    wrmsr
    rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    addq %r8, %rax
    movq %rax, %rbx
    movq %rax, %rdx
    shrq $32, %rdx
    movl $0x6e0, %ecx
    wrmsr
    rdmsr
    outl %eax, $0x51
    testl %r9d, %r9d
    jz 2f
    sti
    hlt
    cli
    jmp 4f
2:  xorl %eax, %eax
    xorl %edx, %edx
    wrmsr
    addq %r8, %rbx
    sti
3:  rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    cmpq %rbx, %rax
    jb 3b
    cli
4:  movl $0x6e0, %ecx
    rdmsr
    outl %eax, $0x51
    rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    cmpq %rbx, %rax
    setae %al
    movzbl %al, %eax
    outl %eax, $0x51
    outb %al, $0x50
)")

namespace labguest {

using namespace ringvtest;

namespace {

constexpr u64 kLogCount = 0x33000, kLog = 0x33010;

void use_logging_handler() {
    std::memcpy(reinterpret_cast<void*>(kHandler), logging_handler().data(), logging_handler().size());
}
std::vector<unsigned> logged() {
    const auto* log = reinterpret_cast<const u8*>(kLog);
    return {log, log + Memory::at(kLogCount)};
}
void expect_log(const std::vector<unsigned>& expected, const std::string& when) {
    const auto text = [](const std::vector<unsigned>& vectors) {
        std::string out;
        for (const unsigned vector : vectors) out += " " + std::to_string(vector);
        return out;
    };
    const std::vector<unsigned> seen = logged();
    if (seen != expected) throw "the interrupts " + when + ": got" + text(seen) + ", expected" + text(expected);
}
void post(unsigned vector) { expect(ring_v_interrupt(gettid(), vector, abi::Trigger::Edge) == 0, "ring_v_interrupt"); }

void interrupts_come_by_priority() {
    std::mt19937 random(static_cast<u32>(nonce));
    std::vector<unsigned> vectors;
    while (vectors.size() < 10) {
        const auto vector = static_cast<unsigned>(0x60 + random() % 0x90);
        if (std::find(vectors.begin(), vectors.end(), vector) == vectors.end()) vectors.push_back(vector);
    }
    std::vector<unsigned> sorted = vectors;
    std::sort(sorted.rbegin(), sorted.rend());
    // The middle one's class and those below wait for the priority to go down.
    const unsigned priority = sorted[5] >> 4;
    std::vector<unsigned> first = sorted;
    std::erase_if(first, [&](unsigned vector) { return vector >> 4 <= priority; });
    use_logging_handler();
    Vcpu vcpu(priority_code());
    vcpu.general().r15 = priority;
    int told = 0;
    vcpu.run([&](u64) {
        if (told++ == 0) {
            for (const unsigned vector : vectors) post(vector);
        } else {
            expect_log(first, "above the task priority");
        }
    });
    expect_equal(told, 2, "times that the guest told");
    expect_log(sorted, "of all");
}

void a_handler_is_interrupted_by_its_betters() {
    use_logging_handler();
    Vcpu vcpu(priority_code());
    int told = 0;
    vcpu.run([&](u64 value) {
        if (++told == 1) post(0x50);
        if (told != 2) return;
        expect_equal(value & 0xffff'ffff, 0x50, "PPR in the handler of 50h");
        for (const unsigned vector : {0x45U, 0x5fU, 0x60U, 0xe1U}) post(vector);
    });
    expect_log({0x50, 0xe1, 0x60, 0x5f, 0x45}, "of a handler that lets others in");
}

struct Counted {
    u64 left, ticks;
};
/// Lets the timer fire `times` times.
Counted count(u64 mode, u64 counts, u64 divide, u64 times, bool stop) {
    std::vector<u64> values;
    std::memset(reinterpret_cast<void*>(kCounts), 0, 2048);
    Vcpu vcpu(count_code());
    vcpu.general().r8 = mode | 0x70;
    vcpu.general().r9 = counts;
    vcpu.general().r10 = divide;
    vcpu.general().r11 = stop;
    vcpu.general().r14 = times;
    vcpu.state().load_system = abi::LoadSystem::Reset;
    vcpu.run([&](u64 value) { values.push_back(value & 0xffff'ffff); });
    expect_equal(values.size(), 2, "values");
    expect_equal(Memory::count(0x70), times, "times that the timer fired");
    return {values[0], values[1]};
}

constexpr u64 kOneShot = 0, kPeriodic = 0x20000, kDivide1 = 0xb, kDivide16 = 3;

void a_one_shot_fires_once() {
    for (int round = 0; round < 3; ++round)
        expect_equal(count(kOneShot, 300'000, kDivide1, 1, false).left, 0, "the count that is left");
}

void a_period_comes_until_it_is_stopped() {
    const u64 once = count(kOneShot, 2'000'000, kDivide1, 1, false).ticks;
    const u64 eight = count(kPeriodic, 2'000'000, kDivide1, 8, true).ticks;
    expect(eight > 5 * once, "eight periods that take longer than five of one count");
    expect_equal(count(kPeriodic, 400'000, kDivide1, 5, true).left, 0, "the count of a timer that was stopped");
}

void the_divisor_counts() {
    const u64 quick = count(kOneShot, 500'000, kDivide1, 1, false).ticks;
    const u64 slow = count(kOneShot, 500'000, kDivide16, 1, false).ticks;
    expect(slow > 8 * quick, "a sixteenth of the rate");
}

void deadlines_fire_and_are_disarmed() {
    for (const bool wait : {true, false, true}) {
        std::vector<u64> values;
        std::memset(reinterpret_cast<void*>(kCounts), 0, 2048);
        Vcpu vcpu(deadline_code());
        vcpu.general().r8 = 1'000'000 + nonce % 100'000;
        vcpu.general().r9 = wait;
        vcpu.state().load_system = abi::LoadSystem::Reset;
        vcpu.run([&](u64 value) { values.push_back(value & 0xffff'ffff); });
        expect_equal(values.size(), 3, "values");
        expect(values[0] != 0, "a deadline that reads as it was written");
        expect_equal(values[1], 0, "the deadline afterwards");
        expect_equal(values[2], 1, "whether the time had come");
        expect_equal(Memory::count(0x70), wait ? 1 : 0, "times that the timer fired");
    }
}

constexpr Case kCases[] = {
    {"interrupts_come_by_priority", interrupts_come_by_priority},
    {"a_handler_is_interrupted_by_its_betters", a_handler_is_interrupted_by_its_betters},
    {"a_one_shot_fires_once", a_one_shot_fires_once},
    {"a_period_comes_until_it_is_stopped", a_period_comes_until_it_is_stopped},
    {"the_divisor_counts", the_divisor_counts},
    {"deadlines_fire_and_are_disarmed", deadlines_fire_and_are_disarmed},
};

}  // namespace

std::span<const Case> virtual_interrupt_cases() { return kCases; }

}  // namespace labguest
