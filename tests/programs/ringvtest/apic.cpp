// SPDX-License-Identifier: MIT
/// @file
/// @brief The virtual-APIC page from inside: every register, on whatever evaluates the page.
/// @chapter testing
#include "apic_vectors.h"
#include "cases.h"
#include "machine.h"

// Between two exits, reads (RBX 0) or writes (1) the MSR that the test puts into RCX; RSI is 1 where that was refused.
GUEST(apic_msr_code, R"(
    leaq 3f(%rip), %r13
1:  outb %al, $0x60
    xorl %esi, %esi
    testl %ebx, %ebx
    jnz 2f
    rdmsr
    jmp 1b
2:  wrmsr
    jmp 1b
3:  movl $1, %esi
    jmp 1b
)")

namespace ringvtest {

namespace {

/// The guest, waiting for the next MSR to access.
class Accessor {
   public:
    Accessor() { go(); }

    bool read(u32 msr, u64& value) {
        vcpu_.general().rcx = msr;
        vcpu_.general().rbx = 0;
        go();
        value = vcpu_.general().rdx << 32 | static_cast<u32>(vcpu_.general().rax);
        return vcpu_.general().rsi == 0;
    }
    bool write(u32 msr, u64 value) {
        vcpu_.general().rcx = msr;
        vcpu_.general().rbx = 1;
        vcpu_.general().rax = static_cast<u32>(value);
        vcpu_.general().rdx = value >> 32;
        go();
        return vcpu_.general().rsi == 0;
    }

   private:
    void go() {
        expect(vcpu_.enter() == abi::ExitReason::Io, "an exit for the port");
        vcpu_.general().rip = vcpu_.state().exit.io.next_rip;
    }
    Vcpu vcpu_{apic_msr_code()};
};

std::string name_of(u32 msr) { return "MSR 0x8" + std::string(1, "0123"[msr >> 4 & 3]) + "0123456789abcdef"[msr & 15]; }

void every_register_is_as_the_manual_says() {
    using namespace apic_vectors;
    Accessor guest;
    expect(guest.write(kSvr, 0x1ff), "the APIC is turned on");
    for (u32 msr = 0x800; msr <= 0x83f; ++msr) {
        const Register* known = find(msr);
        u64 value = 0;
        if (msr == kIcr) continue;
        expect(guest.read(msr, value) == (known != nullptr), name_of(msr) + (known ? " reads" : " does not read"));
        if (!known) {
            expect(!guest.write(msr, msr == kSelfIpi ? 0x100 : 1), name_of(msr) + " does not take 1");
            continue;
        }
        if (msr == kSvr) continue;
        expect_equal(value, known->reset, name_of(msr) + " after reset");
        for (unsigned bit = 0; bit < 64; ++bit) {
            const u64 mask = 1ULL << bit;
            const bool taken = guest.write(msr, mask);
            expect(taken == ((known->writable & mask) != 0), name_of(msr) + " bit " + std::to_string(bit));
            if (!taken) continue;
            guest.read(msr, value);
            expect_equal(value, mask, name_of(msr) + " bit " + std::to_string(bit));
        }
        if (msr == kTpr) expect(guest.write(msr, 0), "TPR goes back to 0");  // or PPR would show it
    }
    // To an APIC that is not there: ICR reads as it was written, all 64 bits.
    u64 icr = 0;
    expect(guest.write(kIcr, 0x7'0000'0055) && guest.read(kIcr, icr), "ICR");
    expect_equal(icr, 0x7'0000'0055, "ICR");
    expect(guest.write(kEoi, 0), "an EOI with nothing in service is nothing");
    expect(guest.write(0x828, 0), "ESR takes 0");
}

void priorities_stand_in_ppr() {
    using namespace apic_vectors;
    Accessor guest;
    expect(guest.write(kSvr, 0x1ff), "the APIC is turned on");
    for (u64 priority : {0x00ULL, 0x10ULL, 0x1fULL, 0x80ULL, 0xf3ULL, 0x00ULL}) {
        u64 ppr = 1;
        expect(guest.write(kTpr, priority) && guest.read(0x80a, ppr), "TPR and PPR");
        expect_equal(ppr, priority, "PPR with nothing in service");
    }
    // Interrupts are off: what is sent to oneself stands in IRR, by vector.
    for (u32 vector : {0x31U, 0x5fU, 0xe0U}) {
        u64 word = 0;
        expect(guest.write(kSelfIpi, vector), "a self-IPI");
        expect(guest.read(0x820 + vector / 32, word), "IRR");
        expect_equal(word >> vector % 32 & 1, 1, "IRR's bit of the vector");
    }
}

constexpr Case kCases[] = {
    {"every_register_is_as_the_manual_says", every_register_is_as_the_manual_says},
    {"priorities_stand_in_ppr", priorities_stand_in_ppr},
};

}  // namespace

std::span<const Case> apic_cases() { return kCases; }

}  // namespace ringvtest
