// SPDX-License-Identifier: MIT
/// @file
/// @brief Guests of lab 7: what CPUID and the MSRs answer.
/// @chapter testing
#include <random>

#include "labguest.h"

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
namespace labguest {

using namespace ringvtest;

namespace {

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

constexpr Case kCases[] = {
    {"cpuid_shows_what_is_named", cpuid_shows_what_is_named},
    {"msrs_answer_in_halves", msrs_answer_in_halves},
};

}  // namespace

std::span<const Case> feature_cases() { return kCases; }

}  // namespace labguest
