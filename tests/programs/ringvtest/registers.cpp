// SPDX-License-Identifier: MIT
/// @file
/// @brief The register file through a hundred thousand exits: the guest's and the host's.
/// @chapter testing
#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "cases.h"
#include "machine.h"

// Adds one to every register, without touching the flags: what entry does not load or exit does not store shows.
GUEST(bounce_code, R"(
1:  .irp register, rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
    leaq 1(%\register), %\register
    .endr
    outb %al, $0x60
    jmp 1b
)")
// Loads the vector registers from 0x30000, exits, and stores what it finds to 0x30400.
GUEST(vector_code, R"(
    movq %cr4, %rax
    orl $0x40000, %eax
    movq %rax, %cr4
    xorl %ecx, %ecx
    xgetbv
    movl $7, %eax
    xsetbv
1:  movq $0x30000, %rsi
    vmovdqu (%rsi), %ymm0
    vmovdqu 32(%rsi), %ymm1
    vmovdqu 64(%rsi), %ymm2
    vmovdqu 96(%rsi), %ymm3
    vmovdqu 128(%rsi), %ymm7
    vmovdqu 160(%rsi), %ymm8
    vmovdqu 192(%rsi), %ymm14
    vmovdqu 224(%rsi), %ymm15
    vmovdqu 256(%rsi), %ymm4
    vmovdqu 288(%rsi), %ymm5
    vmovdqu 320(%rsi), %ymm6
    vmovdqu 352(%rsi), %ymm9
    vmovdqu 384(%rsi), %ymm10
    vmovdqu 416(%rsi), %ymm11
    vmovdqu 448(%rsi), %ymm12
    vmovdqu 480(%rsi), %ymm13
    fldl (%rsi)
    outb %al, $0x60
    movl $8, %edi
2:  xorl %eax, %eax
    cpuid                       # exits that the kernel settles
    decl %edi
    jnz 2b
    vmovdqu %ymm0, 0x400(%rsi)
    vmovdqu %ymm1, 0x420(%rsi)
    vmovdqu %ymm2, 0x440(%rsi)
    vmovdqu %ymm3, 0x460(%rsi)
    vmovdqu %ymm7, 0x480(%rsi)
    vmovdqu %ymm8, 0x4a0(%rsi)
    vmovdqu %ymm14, 0x4c0(%rsi)
    vmovdqu %ymm15, 0x4e0(%rsi)
    vmovdqu %ymm4, 0x500(%rsi)
    vmovdqu %ymm5, 0x520(%rsi)
    vmovdqu %ymm6, 0x540(%rsi)
    vmovdqu %ymm9, 0x560(%rsi)
    vmovdqu %ymm10, 0x580(%rsi)
    vmovdqu %ymm11, 0x5a0(%rsi)
    vmovdqu %ymm12, 0x5c0(%rsi)
    vmovdqu %ymm13, 0x5e0(%rsi)
    fstpl 0x600(%rsi)
    outb %al, $0x60
    jmp 1b
)")
// Sets DR0 .. DR3, DR6, DR7, CR2, CR8 and then the MSRs whose numbers stand at 0x30800, R9 of them, from 0x30000 on; exits a few
// times, and stores what it finds from 0x30400 on.
GUEST(system_code, R"(
1:  movq $0x30000, %rsi
    movq (%rsi), %rax
    movq %rax, %dr0
    movq 8(%rsi), %rax
    movq %rax, %dr1
    movq 16(%rsi), %rax
    movq %rax, %dr2
    movq 24(%rsi), %rax
    movq %rax, %dr3
    movq 32(%rsi), %rax
    movq %rax, %dr6
    movq 40(%rsi), %rax
    movq %rax, %dr7
    movq 48(%rsi), %rax
    movq %rax, %cr2
    movq 56(%rsi), %rax
    movq %rax, %cr8
    xorl %edi, %edi
2:  movl 0x800(%rsi,%rdi,4), %ecx
    movl 64(%rsi,%rdi,8), %eax
    movl 68(%rsi,%rdi,8), %edx
    wrmsr
    incl %edi
    cmpl %r9d, %edi
    jb 2b
    outb %al, $0x60
    movl $7, %r8d
3:  xorl %eax, %eax
    cpuid                       # exits that the kernel settles
    decl %r8d
    jnz 3b
    outb %al, $0x60
    movq %dr0, %rax
    movq %rax, 0x400(%rsi)
    movq %dr1, %rax
    movq %rax, 0x408(%rsi)
    movq %dr2, %rax
    movq %rax, 0x410(%rsi)
    movq %dr3, %rax
    movq %rax, 0x418(%rsi)
    movq %dr6, %rax
    movq %rax, 0x420(%rsi)
    movq %dr7, %rax
    movq %rax, 0x428(%rsi)
    movq %cr2, %rax
    movq %rax, 0x430(%rsi)
    movq %cr8, %rax
    movq %rax, 0x438(%rsi)
    xorl %edi, %edi
4:  movl 0x800(%rsi,%rdi,4), %ecx
    rdmsr
    movl %eax, 0x440(%rsi,%rdi,8)
    movl %edx, 0x444(%rsi,%rdi,8)
    incl %edi
    cmpl %r9d, %edi
    jb 4b
    outb %al, $0x60
    jmp 1b
)")

// Sets XCR0 to less than the host has, exits, and tells what it finds.
GUEST(xcr0_code, R"(
    movq %cr4, %rax
    orl $0x40000, %eax
    movq %rax, %cr4
    movl $3, %ebx
1:  xorl %ecx, %ecx
    xorl %edx, %edx
    movl %ebx, %eax
    xsetbv
    outb %al, $0x60
    xorl %ecx, %ecx
    xgetbv
    outl %eax, $0x51
    subl $2, %ebx
    jns 1b
    outb %al, $0x50
)")

namespace ringvtest {

namespace {

void next_port(Vcpu& vcpu) {
    expect(vcpu.enter() == abi::ExitReason::Io, "an exit for the port");
    vcpu.general().rip = vcpu.state().exit.io.next_rip;
}

void general_registers_survive() {
    Vcpu vcpu(bounce_code());
    std::mt19937_64 random(3);
    constexpr u64 kFlags = 0xcd5;  // CF PF AF ZF SF DF OF
    constexpr u64 kOutAndJump = 4;
    const u64 out = kCode + bounce_code().size() - kOutAndJump;
    for (int i = 0; i < exits; ++i) {
        abi::GeneralRegisters& given = vcpu.general();
        auto* words = reinterpret_cast<u64*>(&given);
        for (int r = 0; r < 16; ++r) words[r] = random();
        given.rip = kCode;
        given.rflags = (random() & kFlags & ~0x100ULL) | 2;
        abi::GeneralRegisters expected = given;
        for (int r = 0; r < 16; ++r) ++reinterpret_cast<u64*>(&expected)[r];
        expected.rip = out;
        expect(vcpu.enter() == abi::ExitReason::Io, "an exit for the port");
        expect(std::memcmp(&expected, &vcpu.general(), sizeof(expected)) == 0,
               "registers after exit " + std::to_string(i));
    }
}

/// Another thread of the host, which takes the core away from the guest now and then and has vector registers of its own.
class Rival {
   public:
    ~Rival() {
        stop_ = true;
        thread_.join();
    }
    bool is_right() const { return right_; }

   private:
    void compute() {
        while (!stop_) {
            double one = 1.0, again = 1.0;
            for (int i = 0; i < 5000; ++i) one = one * 1.0000001 + 1e-9;
            for (int i = 0; i < 5000; ++i) again = again * 1.0000001 + 1e-9;
            if (one != again) right_ = false;
        }
    }
    std::atomic<bool> stop_ = false, right_ = true;
    std::thread thread_{[this] { compute(); }};
};

/// Registers of this thread that no compiler saves around a system call, and that a guest has for itself.
struct HostState {
    u32 mxcsr = 0;
    unsigned short control = 0;
    unsigned long fs = 0, gs = 0;
    static HostState now() {
        HostState state;
        asm volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(state.mxcsr), "=m"(state.control));
        state.mxcsr &= ~0x3fU;  // what this thread's own arithmetic has raised
        expect(syscall(SYS_arch_prctl, ARCH_GET_FS, &state.fs) == 0 &&
                   syscall(SYS_arch_prctl, ARCH_GET_GS, &state.gs) == 0,
               "arch_prctl");
        return state;
    }
    bool operator==(const HostState&) const = default;
};

void vector_registers_survive() {
    const Rival rival;
    // Rounding up, and a base that only this thread has.
    const u32 mxcsr = 0x5f80;
    asm volatile("ldmxcsr %0" ::"m"(mxcsr));
    expect(syscall(SYS_arch_prctl, ARCH_SET_GS, 0x12345678UL) == 0, "arch_prctl");
    const HostState before = HostState::now();
    Vcpu vcpu(vector_code());
    std::mt19937_64 random(4);
    double host = 1.0;  // lives in a vector register of the host's all the time
    for (int i = 0; i < exits / 10; ++i) {
        for (u64 at = 0; at < 512; at += 8) Memory::at(kData + at) = random();
        Memory::at(kData) &= ~(1ULL << 62);  // a number, so that the x87 gives back what it got
        next_port(vcpu);
        host = host * 1.0000001 + 1e-9;
        next_port(vcpu);
        expect(std::memcmp(reinterpret_cast<void*>(kData), reinterpret_cast<void*>(kData + 0x400), 512) == 0,
               "vector registers in round " + std::to_string(i));
        expect_equal(Memory::at(kData + 0x600), Memory::at(kData), "the x87 register in round " + std::to_string(i));
    }
    expect(HostState::now() == before, "the host's MXCSR, x87 control word, FS and GS");
    expect(rival.is_right(), "another thread's arithmetic");
    double again = 1.0;
    for (int i = 0; i < exits / 10; ++i) again = again * 1.0000001 + 1e-9;
    expect(host == again, "the host's own arithmetic");
}

/// What a guest has for itself among the MSRs, with the bits that any value may have.
struct OwnMsr {
    u32 number;
    u64 bits;
    u64 always = 0;
};
constexpr u64 kCanonical = 0x7fff'ffff'ffff;
constexpr OwnMsr kOwnMsrs[] = {
    {0x174, 0xffff},  // SYSENTER_CS, _ESP, _EIP
    {0x175, kCanonical},
    {0x176, kCanonical},
    {0x277, 0x0303'0303'0303'0303, 0x0404'0404'0404'0404},  // PAT: types 4 to 7
    {0xc000'0081, ~0ULL},                                   // STAR
    {0xc000'0082, kCanonical},                              // LSTAR, CSTAR
    {0xc000'0083, kCanonical},
    {0xc000'0084, 0xffff'ffff},  // SFMASK
    {0xc000'0100, kCanonical},   // FS, GS and kernel-GS base
    {0xc000'0101, kCanonical},
    {0xc000'0102, kCanonical},
    {0xc000'0103, 0xffff'ffff},  // TSC_AUX
};

void system_registers_survive() {
    const HostState before = HostState::now();
    Vcpu vcpu(system_code());
    vcpu.general().r9 = std::size(kOwnMsrs);
    for (u64 i = 0; i < std::size(kOwnMsrs); ++i)
        std::memcpy(reinterpret_cast<void*>(kData + 0x800 + 4 * i), &kOwnMsrs[i].number, 4);
    std::mt19937_64 random(5);
    constexpr u64 kWords = 8 + std::size(kOwnMsrs);
    for (int i = 0; i < exits / 10; ++i) {
        u64 values[kWords];
        for (u64& value : values) value = random() & kCanonical;
        values[4] = 0xffff'0ff0 | (values[4] & 0xf);  // DR6: which breakpoints were met
        values[5] = 0x400 | (values[5] & 1);          // DR7: the first one is set, or none
        values[7] &= 15;                              // CR8
        for (u64 n = 0; n < std::size(kOwnMsrs); ++n)
            values[8 + n] = (random() & kOwnMsrs[n].bits) | kOwnMsrs[n].always;
        std::memcpy(reinterpret_cast<void*>(kData), values, sizeof(values));
        next_port(vcpu);
        next_port(vcpu);
        next_port(vcpu);
        for (u64 n = 0; n < kWords; ++n)
            expect_equal(Memory::at(kData + 0x400 + 8 * n), values[n],
                         "register " + std::to_string(n) + " in round " + std::to_string(i));
    }
    expect(HostState::now() == before, "the host's MXCSR, x87 control word, FS and GS");
}

u64 xgetbv() {
    u32 low = 0, high = 0;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return static_cast<u64>(high) << 32 | low;
}

void xcr0_is_each_ones_own() {
    const u64 before = xgetbv();
    std::vector<u64> values;
    Vcpu vcpu(xcr0_code());
    vcpu.run([&](u64 value) { values.push_back(value & 0xffff'ffff); },
             [&](abi::RingV& state) {
                 if (state.reason != abi::ExitReason::Io) return false;
                 expect_equal(xgetbv(), before, "the host's XCR0");
                 state.general.rip = state.exit.io.next_rip;
                 return true;
             });
    expect(values == std::vector<u64>({3, 1}), "the guest's XCR0");
}

constexpr Case kCases[] = {
    {"xcr0_is_each_ones_own", xcr0_is_each_ones_own},
    {"general_registers_survive", general_registers_survive},
    {"vector_registers_survive", vector_registers_survive},
    {"system_registers_survive", system_registers_survive},
};

}  // namespace

std::span<const Case> register_cases() { return kCases; }

}  // namespace ringvtest
