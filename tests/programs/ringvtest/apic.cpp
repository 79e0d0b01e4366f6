// SPDX-License-Identifier: MIT
/// @file
/// @brief The virtual-APIC page from inside: every register, on whatever evaluates the page.
/// @chapter testing
#include <unistd.h>

#include "apic_vectors.h"
#include "cases.h"
#include "machine.h"

// Between two exits, reads (RBX 0) or writes (1) the MSR that the test puts into RCX, or loads (2) or stores (3) the word at RDI; RSI
// is 1 where that was refused.
GUEST(apic_msr_code, R"(
    leaq 3f(%rip), %r13
1:  outb %al, $0x60
    xorl %esi, %esi
    cmpl $1, %ebx
    je 2f
    ja 4f
    rdmsr
    jmp 1b
2:  wrmsr
    jmp 1b
3:  movl $1, %esi
    jmp 1b
4:  cmpl $3, %ebx
    je 5f
    movl (%rdi), %eax
    jmp 1b
5:  movl %eax, (%rdi)
    jmp 1b
)")
// In xAPIC mode: RBX times, sends itself vector 91h and takes it. The handler, at kCode + 16, ends it in memory.
GUEST(xapic_code, R"(
    jmp 1f
    .balign 16
    incq 0x31000+8*0x91
    movl %eax, (%rsi)
    iretq
1:  movl $0x1b, %ecx
    movl $0xfee00100, %eax
    xorl %edx, %edx
    wrmsr
    movl $0xfee00900, %eax
    wrmsr
    movl $0xfee000f0, %edi
    movl $0x1ff, %eax
    movl %eax, (%rdi)
    movl $0xfee000b0, %esi
    movl $0xfee00300, %edi
    movl $0x40091, %eax         # itself, by the shorthand
2:  movl %eax, (%rdi)
    sti
    nop
    cli
    decl %ebx
    jnz 2b
    outb %al, $0x51
    sti
    nop
    cli
    outb %al, $0x50
)")

namespace ringvtest {

namespace {

/// Does what a VMM does for a guest's 2-byte MOV between EAX and its APIC in memory.
bool carry_out(abi::RingV& state) {
    if (state.reason != abi::ExitReason::Mmio || state.exit.mmio.gpa >> 12 != 0xfee00) return false;
    const auto offset = static_cast<u32>(state.exit.mmio.gpa & 0xfff);
    if (state.exit.mmio.access == abi::MmioAccess::Write) {
        state.apic_offset = offset;
        state.apic_value = static_cast<u32>(state.general.rax);
    } else {
        state.general.rax = *reinterpret_cast<const u32*>(state.apic_page + offset);
    }
    state.general.rip += 2;
    return true;
}

/// The guest, waiting for the next register to access.
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
    u32 load(u32 offset) {
        vcpu_.general().rdi = 0xfee00000 + offset;
        vcpu_.general().rbx = 2;
        go();
        return static_cast<u32>(vcpu_.general().rax);
    }
    void store(u32 offset, u32 value) {
        vcpu_.general().rdi = 0xfee00000 + offset;
        vcpu_.general().rbx = 3;
        vcpu_.general().rax = value;
        go();
    }

   private:
    void go() {
        while (vcpu_.enter() != abi::ExitReason::Io)
            expect(carry_out(vcpu_.state()), "an exit for the port or the APIC");
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
            expect(taken == (((known->writable | known->ignored) & mask) != 0),
                   name_of(msr) + " bit " + std::to_string(bit));
            if (!taken) continue;
            guest.read(msr, value);
            expect_equal(value, mask & known->writable, name_of(msr) + " bit " + std::to_string(bit));
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

void use_xapic(Accessor& guest) {
    expect(guest.write(0x1b, apic_vectors::kDisabled) && guest.write(0x1b, apic_vectors::kXApic), "xAPIC mode");
}

void every_place_of_an_xapic_takes_what_it_may() {
    using namespace apic_vectors;
    Accessor guest;
    use_xapic(guest);
    guest.store(0x0f0, 0x1ff);
    for (u32 offset = 0; offset < 0x400; offset += 16) {
        if (offset == 0x0f0 || offset == kIcrPlace || offset == 0x0b0) continue;
        const Place place = place_at(offset);
        const std::string name = "offset " + std::to_string(offset);
        expect_equal(guest.load(offset), place.reset, name + " after reset");
        for (unsigned bit = 0; bit < 32; ++bit) {
            const u32 mask = 1U << bit;
            guest.store(offset, mask);
            expect_equal(guest.load(offset), (place.reset & ~place.writable) | (mask & place.writable),
                         name + " bit " + std::to_string(bit));
        }
        if (offset == 0x080 || offset == 0x380) guest.store(offset, 0);
    }
    guest.store(0x080, 0x35);
    expect_equal(guest.load(0x0a0), 0x35, "PPR with nothing in service");
    // Interrupts are off: what reaches this APIC stands in IRR.
    const auto requested = [&](u32 vector) { return guest.load(0x200 + vector / 32 * 16) >> vector % 32 & 1; };
    const auto send = [&](u32 high, u32 low) {
        guest.store(0x310, high);
        guest.store(kIcrPlace, low);
    };
    send(0, 0x31), send(0x01000000, 0x32), send(0xff000000, 0x33);  // physical: itself, another, everybody
    expect_equal(requested(0x31), 1, "physical, itself");
    expect_equal(requested(0x32), 0, "physical, another");
    expect_equal(requested(0x33), 1, "physical, everybody");
    guest.store(0x0e0, 0xf0000000), guest.store(0x0d0, 0x24000000);
    send(0x04000000, 0x834), send(0x5b000000, 0x835);
    expect_equal(requested(0x34), 1, "flat, a set with it");
    expect_equal(requested(0x35), 0, "flat, a set without it");
    guest.store(0x0e0, 0);
    send(0x26000000, 0x836), send(0x34000000, 0x837), send(0x2b000000, 0x838);
    expect_equal(requested(0x36), 1, "its cluster, with it");
    expect_equal(requested(0x37), 0, "another cluster");
    expect_equal(requested(0x38), 0, "its cluster, without it");
    // What the timer made of its vectors above is an error, too: two writes, and it is forgotten.
    guest.store(0x280, 0), guest.store(0x280, 0);
    send(0, 5);  // an illegal vector
    expect_equal(guest.load(0x280), 0, "ESR before it is written");
    guest.store(0x280, 7);
    expect_equal(guest.load(0x280), 0x20, "ESR");
    // The timer counts, once and again.
    guest.store(0x3e0, 0xb);
    guest.store(0x320, 0x20039);
    guest.store(0x380, 1000000);  // a millisecond
    while (!requested(0x39)) continue;
    guest.store(0x380, 0);
    expect_equal(guest.load(0x390), 0, "the current count of a timer that stands");
}

void an_apics_modes_follow_each_other() {
    using namespace apic_vectors;
    Accessor guest;
    for (const auto& [from, to, allowed] : kTransitions) {
        u64 value = 0;
        expect(guest.read(0x1b, value), "IA32_APIC_BASE");
        expect_equal(value, from, "IA32_APIC_BASE");
        expect(guest.write(0x1b, to) == allowed, "from " + std::to_string(from) + " to " + std::to_string(to));
        expect(guest.read(0x802, value) == ((allowed ? to : from) == kX2Apic),
               "x2APIC's MSRs are there in its mode only");
    }
}

void an_xapic_guest_takes_and_ends_interrupts() {
    constexpr u32 kVector = 0x91;
    constexpr u64 kRounds = 200, kOwnHandler = kCode + 16;
    Vcpu vcpu(xapic_code());
    Memory::at(kIdt + 16 * kVector) = (kOwnHandler & 0xffff) | 8 << 16 | 0x8e00ULL << 32 | (kOwnHandler >> 16) << 48;
    vcpu.general().rbx = kRounds;
    unsigned ends = 0;
    vcpu.run([&](u64) { expect(ring_v_interrupt(gettid(), kVector, abi::Trigger::Level) == 0, "ring_v_interrupt"); },
             [&](abi::RingV& state) {
                 if (state.reason == abi::ExitReason::Eoi && state.exit.eoi.vector == kVector) return ++ends, true;
                 return carry_out(state);
             });
    expect_equal(Memory::count(kVector), kRounds + 1, "interrupts");
    expect_equal(ends, 1, "ends of the one that is level-triggered");
}

constexpr Case kCases[] = {
    {"every_place_of_an_xapic_takes_what_it_may", every_place_of_an_xapic_takes_what_it_may},
    {"an_apics_modes_follow_each_other", an_apics_modes_follow_each_other},
    {"an_xapic_guest_takes_and_ends_interrupts", an_xapic_guest_takes_and_ends_interrupts},
    {"every_register_is_as_the_manual_says", every_register_is_as_the_manual_says},
    {"priorities_stand_in_ppr", priorities_stand_in_ppr},
};

}  // namespace

std::span<const Case> apic_cases() { return kCases; }

}  // namespace ringvtest
