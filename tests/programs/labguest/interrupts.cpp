// SPDX-License-Identifier: MIT
/// @file
/// @brief Guests of lab 7: what CPUID and MSRs answer, in which order interrupts come, and when the timer fires.
/// @chapter testing
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "labguest.h"

#define ENABLE_APIC "movl $0x80f, %ecx\nmovl $0x1ff, %eax\nxorl %edx, %edx\nwrmsr\n"

// CPUID, again and again, of what the monitor puts into RAX and RCX.
GUEST(leaves_code, R"(
1:  cpuid
    outb %al, $0x60
    jmp 1b
)")
// Reads (RBX 0) or writes the MSR that the monitor puts into RCX. The handler of #GP, at kCode + 16, leaves in R12 where it came from.
GUEST(halves_code, R"(
    jmp 1f
    .balign 16
    popq %r11                   # the error code
    movq (%rsp), %r12
    addq $2, (%rsp)
    iretq
1:  outb %al, $0x60
    testl %ebx, %ebx
    jnz 2f
    rdmsr
    jmp 1b
2:  wrmsr
    jmp 1b
)")
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

struct Leaf {
    u64 eax, ebx, ecx, edx;
};

void cpuid_shows_what_is_named() {
    constexpr u32 kId = 2;
    std::mt19937_64 random(nonce);
    Vcpu vcpu(leaves_code(), kId, 3);
    const u64 begin = vcpu.general().rip;
    const auto leaf = [&](u32 number, u32 subleaf = 0) {
        abi::GeneralRegisters& g = vcpu.general();
        // What stands in the upper halves does not matter, and is gone afterwards.
        g.rax = number | random() << 32;
        g.rcx = subleaf | random() << 32;
        g.rbx = g.rdx = random();
        g.rip = begin;
        expect(vcpu.enter() == abi::ExitReason::Io, "an exit for the port");
        expect_equal(g.rip, begin + 2, "RIP behind CPUID");
        expect((g.rax | g.rbx | g.rcx | g.rdx) >> 32 == 0, "upper halves that are zero after CPUID");
        return Leaf{g.rax, g.rbx, g.rcx, g.rdx};
    };
    const Leaf basic = leaf(1);
    expect(basic.ecx >> 31 & 1, "leaf 1: a hypervisor");
    expect(basic.ecx >> 21 & 1 && basic.ecx >> 24 & 1, "leaf 1: x2APIC and TSC-deadline");
    expect(!(basic.ecx & (1U << 5 | 1U << 3 | 1U << 27)), "leaf 1: no VMX, MONITOR, OSXSAVE");
    expect(!(basic.edx & (1U << 7 | 1U << 12 | 1U << 14)), "leaf 1: no machine check, no MTRR");
    expect_equal(basic.ebx >> 24, kId, "leaf 1: the APIC identifier");
    expect(!(leaf(0x8000'0001).ecx & 1U << 2), "leaf 80000001h: no SVM");
    expect_equal(leaf(0x8000'0008).eax & 0xff, 39, "leaf 80000008h: bits of physical addresses");
    expect_equal(leaf(0x4000'0000).ebx, 0x4b4d564b, "leaf 40000000h: KVM's name");
    expect(leaf(0).eax <= 0xd, "leaf 0: the highest leaf");
    expect_equal(leaf(0xb, 1).ebx, 3, "leaf Bh: processors");
    for (const u32 unnamed :
         {2U, 4U, 5U, 9U, 0xaU, 0xfU, 0x10U, 0x14U, 0x15U, 0x4000'0010U, 0x8000'000aU, 0x8000'001fU}) {
        const Leaf answer = leaf(unnamed);
        expect((answer.eax | answer.ebx | answer.ecx | answer.edx) == 0,
               "zeros for leaf " + std::to_string(unnamed) + ", which nobody named");
    }
}

void msrs_answer_in_halves() {
    std::mt19937_64 random(nonce);
    Vcpu vcpu(halves_code());
    const u64 own = kCode + 16;
    Memory::at(kIdt + 16 * 13) = (own & 0xffff) | 8 << 16 | 0x8e00ULL << 32 | (own >> 16) << 48;
    const auto place_of = [](u8 second) {
        for (std::size_t i = 0; i + 1 < halves_code().size(); ++i) {
            if (halves_code()[i] == 0x0f && halves_code()[i + 1] == second) return kCode + i;
        }
        return u64{0};
    };
    const auto go = [&] {
        expect(vcpu.enter() == abi::ExitReason::Io, "an exit for the port");
        vcpu.general().rip = vcpu.state().exit.io.next_rip;
    };
    // Whether it was allowed; one that is not raises #GP at the instruction itself.
    const auto access = [&](u32 msr, bool write, u64 value) {
        abi::GeneralRegisters& g = vcpu.general();
        g.rbx = write;
        g.rcx = msr;  // QEMU 7.2 takes all of RCX to find the bit of its permission map: with more in it, no exit
        g.rax = (write ? value & 0xffff'ffff : 0) | random() << 32;
        g.rdx = (write ? value >> 32 : 0) | random() << 32;
        g.r11 = ~0ULL;
        g.r12 = 0;
        go();
        if (g.r12 == 0) return true;
        expect_equal(g.r12, place_of(write ? 0x30 : 0x32), "where #GP says that it was");
        expect_equal(g.r11, 0, "the error code of #GP");
        return false;
    };
    const auto expect_value = [&](u32 msr, u64 value) {
        expect(access(msr, false, 0), "MSR " + std::to_string(msr) + " reads");
        expect_equal(vcpu.general().rax, value & 0xffff'ffff, "RAX of MSR " + std::to_string(msr));
        expect_equal(vcpu.general().rdx, value >> 32, "RDX of MSR " + std::to_string(msr));
    };
    go();
    expect_value(0xc000'0080, 0xd01);   // EFER
    expect_value(0x8b, 0x1'0000'0000);  // the microcode's revision
    expect_value(0x1a0, 1);             // MISC_ENABLE
    expect_value(0x277, 0x0007'0406'0007'0406);
    expect(access(0x277, true, 0x0007'0406'0007'0506), "a good PAT is taken");
    expect_value(0x277, 0x0007'0406'0007'0506);
    expect(!access(0x277, true, 0x0203), "a bad PAT is refused");
    expect_value(0x277, 0x0007'0406'0007'0506);
    expect(access(0x1a0, true, 0), "a fixed MSR takes a write");
    expect_value(0x1a0, 1);
    expect(!access(0xc000'0080, true, 0x1d01), "EFER with SVME is refused");
    for (const u32 unnamed : {0x3aU, 0x480U, 0xc001'0114U, 0xc001'0117U, 0x12345U}) {
        expect(!access(unnamed, false, 0), "an MSR that nobody named is refused");
        expect(!access(unnamed, true, 0), "an MSR that nobody named is refused");
    }
}

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
    {"cpuid_shows_what_is_named", cpuid_shows_what_is_named},
    {"msrs_answer_in_halves", msrs_answer_in_halves},
    {"interrupts_come_by_priority", interrupts_come_by_priority},
    {"a_handler_is_interrupted_by_its_betters", a_handler_is_interrupted_by_its_betters},
    {"a_one_shot_fires_once", a_one_shot_fires_once},
    {"a_period_comes_until_it_is_stopped", a_period_comes_until_it_is_stopped},
    {"the_divisor_counts", the_divisor_counts},
    {"deadlines_fire_and_are_disarmed", deadlines_fire_and_are_disarmed},
};

}  // namespace

std::span<const Case> interrupt_and_exit_cases() { return kCases; }

}  // namespace labguest
