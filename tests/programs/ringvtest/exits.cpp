// SPDX-License-Identifier: MIT
/// @file
/// @brief Guests that exit in every way: HLT, ports, CPUID, MSRs, faults, MMIO, forbidden instructions, the triple fault.
/// @chapter testing
#include <algorithm>
#include <cstring>
#include <random>

#include "cases.h"
#include "machine.h"

#define DONE "outb %al, $0x50\n"
#define VALUE "outl %eax, $0x51\n"
// Runs one instruction, and goes on behind it when it raises an exception.
#define TRY_INSTRUCTION(text) "leaq 9f(%rip), %r13\n" text "\n9:\n"

GUEST(halt_code, "hlt\n")
GUEST(port_code, R"(
    inb $0x60, %al
    movzbl %al, %eax
    outl %eax, $0x51
    movw $0x1234, %dx
    inl %dx, %eax
    outl %eax, $0x51
    movl $0xabcd, %eax
    outw %ax, $0x61
    cld
    movq $0x30000, %rsi
    movl $3, %ecx
    movw $0x70, %dx
    rep outsb
    outb %al, $0x50
)")
GUEST(cpuid_code, R"(
    movl $0x40000000, %eax
    cpuid
    movl %ebx, %eax
    outl %eax, $0x51
    movl $0x80000008, %eax
    .byte 0x66
    cpuid
    outl %eax, $0x51
    movl $1, %eax
    cpuid
    movl %ecx, %eax
    outl %eax, $0x51
    outb %al, $0x50
)")
GUEST(msr_code, R"(
    movl $0xc0000080, %ecx
    rdmsr
    outl %eax, $0x51
    movl $0xc0000103, %ecx      # TSC_AUX, read back by RDTSCP
    movl $77, %eax
    xorl %edx, %edx
    wrmsr
    rdtscp
    movl %ecx, %eax
    outl %eax, $0x51
    movl $0xc0000102, %ecx      # KernelGSBase, the guest's own
    movl $0x5678, %eax
    movl $0x1234, %edx
    wrmsr
    rdmsr
    outl %eax, $0x51
    leaq 1f(%rip), %r13
    movl $0xc0010117, %ecx      # VM_HSAVE_PA: the host's
    rdmsr
1:  leaq 2f(%rip), %r13
    movl $0xc0010117, %ecx
    wrmsr
2:  leaq 3f(%rip), %r13
    movl $0x12345, %ecx
    rdmsr
3:  outb %al, $0x50
)")
GUEST(forbidden_code, R"(
    leaq 1f(%rip), %r13
    vmmcall
1:  leaq 2f(%rip), %r13
    movq $0x30000, %rax
    vmrun %rax
2:  leaq 3f(%rip), %r13
    vmload %rax
3:  leaq 4f(%rip), %r13
    vmsave %rax
4:  leaq 5f(%rip), %r13
    stgi
5:  leaq 6f(%rip), %r13
    clgi
6:  leaq 7f(%rip), %r13
    monitor
7:  leaq 8f(%rip), %r13
    invlpga %rax, %ecx
8:  leaq 9f(%rip), %r13         # then two that become #GP: a reserved bit of CR4, and CR0 without PG in 64-bit code
    movq $0x800006b0, %rax
    movq %rax, %cr4
9:  leaq 1f(%rip), %r13
    movl $0x00050033, %eax
    movq %rax, %cr0
1:  wbinvd
    outb %al, $0x50
)")
GUEST(touch_code, R"(
    movq $0x1000000, %rdi
1:  movq %rdi, (%rdi)
    addq $4096, %rdi
    cmpq $0x3000000, %rdi
    jb 1b
    outb %al, $0x50
)")
GUEST(mmio_code, R"(
    movq $0xfec00010, %rdi
    movl $0x1111, (%rdi)
    movl (%rdi), %eax
    outl %eax, $0x51
    outb %al, $0x50
)")
GUEST(triple_fault_code, R"(
    subq $16, %rsp
    movq $0, (%rsp)
    movq $0, 2(%rsp)
    lidt (%rsp)
    ud2
)")

namespace ringvtest {

namespace {

void halts_with_interrupts_off() {
    Vcpu vcpu(halt_code());
    expect(vcpu.enter() == abi::ExitReason::Halted, "HLT with IF = 0 comes back");
    expect_equal(vcpu.general().rip, kCode + 1, "RIP behind HLT");
    expect_equal(vcpu.state().system_stored, 1, "the system registers come with it");
    expect_equal(vcpu.state().system.cr3, kPml4, "CR3");
}

void ports_reach_the_vmm() {
    std::memcpy(reinterpret_cast<void*>(kData), "xyz", 3);
    Vcpu vcpu(port_code());
    std::vector<u64> values;
    int writes = 0, string = 0;
    vcpu.run([&](u64 value) { values.push_back(value & 0xffff'ffff); },
             [&](abi::RingV& state) {
                 if (state.reason != abi::ExitReason::Io) return false;
                 const auto io = state.exit.io;
                 if (io.string) {
                     ++string;
                     if (!io.repeat || io.size != 1 || io.port != 0x70 || !state.system_stored) return false;
                     state.general.rip = io.next_rip;
                     return true;
                 }
                 if (io.direction == abi::IoDirection::Out) {
                     writes += io.port == 0x61 && io.size == 2 && (state.general.rax & 0xffff) == 0xabcd;
                 } else {
                     state.general.rax = io.port == 0x60 ? 0x5a : 0x89ab'cdef;
                 }
                 state.general.rip = io.next_rip;
                 return true;
             });
    expect(values == std::vector<u64>({0x5a, 0x89ab'cdef}), "values read from ports");
    expect_equal(writes, 1, "the word written to port 0x61");
    expect_equal(string, 1, "OUTS comes back once");
}

void cpuid_is_the_kernels() {
    std::vector<u64> values;
    Vcpu vcpu(cpuid_code());
    vcpu.run([&](u64 value) { values.push_back(value & 0xffff'ffff); });
    expect_equal(values.size(), 3, "values");
    expect_equal(values[0], 0x4b4d564b, "KVM's signature");
    expect_equal(values[1] & 0xff, 39, "physical-address bits");
    expect(values[2] >> 31 & 1, "a hypervisor is here");
    expect(!(values[2] >> 5 & 1), "no VMX");
}

void msrs_are_named_or_refused() {
    std::vector<u64> values;
    Vcpu vcpu(msr_code());
    vcpu.run([&](u64 value) { values.push_back(value & 0xffff'ffff); });
    expect(values == std::vector<u64>({0xd01, 77, 0x5678}), "EFER without SVME, TSC_AUX, KernelGSBase");
    expect_equal(Memory::count(13), 3, "#GP for each of the others");
    expect_equal(Memory::at(kLastError), 0, "its error code");
}

void forbidden_instructions_are_the_guests_exceptions() {
    Vcpu vcpu(forbidden_code());
    vcpu.run();
    expect_equal(Memory::count(6), 8, "#UD");
    expect_equal(Memory::count(13), 2, "#GP");
}

void faults_are_resolved_by_the_kernel() {
    Vcpu vcpu(touch_code());
    vcpu.run();
    for (u64 at = 0x100'0000; at < 0x300'0000; at += 4096) expect_equal(Memory::at(at), at, "what the guest wrote");
}

void mmio_reaches_the_vmm() {
    std::vector<u64> values;
    Vcpu vcpu(mmio_code());
    int reads = 0, writes = 0;
    vcpu.run([&](u64 value) { values.push_back(value & 0xffff'ffff); },
             [&](abi::RingV& state) {
                 if (state.reason != abi::ExitReason::Mmio || state.exit.mmio.gpa != 0xfec0'0010) return false;
                 if (state.exit.mmio.access == abi::MmioAccess::Write) {
                     ++writes;
                     state.general.rip += 6;  // movl $imm32, (%rdi)
                 } else {
                     ++reads;
                     state.general.rax = 0x2222;
                     state.general.rip += 2;  // movl (%rdi), %eax
                 }
                 return true;
             });
    expect(reads == 1 && writes == 1, "one read and one write");
    expect(values == std::vector<u64>({0x2222}), "the value read");
}

void triple_faults_end_the_guest() {
    Vcpu vcpu(triple_fault_code());
    expect(vcpu.enter() == abi::ExitReason::Shutdown, "shutdown");
    expect_equal(vcpu.state().system_stored, 1, "the system registers come with it");
}

/// Random bytes as code, in 64-bit mode and in real mode: whatever comes of it, it comes back, and the next one runs.
void garbage_comes_back() {
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        u8 bytes[4096];
        std::generate(std::begin(bytes), std::end(bytes), [&] { return static_cast<u8>(random()); });
        Vcpu vcpu(Code(bytes, sizeof(bytes)));
        if (round % 2) {
            vcpu.state().system.cr0 = 0x10;
            vcpu.state().system.efer = 0;
            vcpu.state().system.cs = {0x2000, 0x9b, 0xffff, 0x20000};
            vcpu.general().rip = 0;
        }
        for (int entries = 0; entries < 50; ++entries) {
            const auto reason = vcpu.enter();
            if (reason == abi::ExitReason::Io)
                vcpu.general().rip = vcpu.state().exit.io.next_rip;
            else if (reason != abi::ExitReason::Eoi && reason != abi::ExitReason::Ipi)
                break;
        }
    }
    Vcpu vcpu(touch_code());
    vcpu.run();
}

/// Random registers from the VMM: refused by the processor or run by it, and nothing else.
void random_states_come_back() {
    std::mt19937_64 random(9);
    for (int round = 0; round < 500; ++round) {
        Vcpu vcpu(halt_code());
        auto* words = reinterpret_cast<u64*>(&vcpu.state().system);
        for (int flips = 0; flips < 1 + round % 7; ++flips) {
            words[random() % (sizeof(abi::SystemRegisters) / 8)] ^= 1ULL << (random() % 64);
        }
        vcpu.general().rflags ^= 1ULL << (random() % 64) & ~0x300ULL;
        (void)vcpu.enter();
    }
    Vcpu vcpu(halt_code());
    expect(vcpu.enter() == abi::ExitReason::Halted, "a sane state still runs");
}

void bad_arguments_are_errors() {
    expect(ring_v_enter(nullptr) == -1, "a null pointer");
    expect(ring_v_enter(reinterpret_cast<abi::RingV*>(0x7fff'ffff'f000)) == -1, "the end of memory");
    expect(ring_v_interrupt(1, 0x40, abi::Trigger::Edge) == -1, "another process's thread");
    abi::RingV state{};
    expect(ring_v_enter(&state) == -1, "no vCPUs");
}

constexpr Case kCases[] = {
    {"halts_with_interrupts_off", halts_with_interrupts_off},
    {"ports_reach_the_vmm", ports_reach_the_vmm},
    {"cpuid_is_the_kernels", cpuid_is_the_kernels},
    {"msrs_are_named_or_refused", msrs_are_named_or_refused},
    {"forbidden_instructions_are_the_guests_exceptions", forbidden_instructions_are_the_guests_exceptions},
    {"faults_are_resolved_by_the_kernel", faults_are_resolved_by_the_kernel},
    {"mmio_reaches_the_vmm", mmio_reaches_the_vmm},
    {"triple_faults_end_the_guest", triple_faults_end_the_guest},
    {"garbage_comes_back", garbage_comes_back},
    {"random_states_come_back", random_states_come_back},
    {"bad_arguments_are_errors", bad_arguments_are_errors},
};

}  // namespace

std::span<const Case> exit_cases() { return kCases; }

}  // namespace ringvtest
