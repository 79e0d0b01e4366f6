// SPDX-License-Identifier: MIT
/// @file
/// @brief Guests of lab 5: what entry gives them, what exit brings back, and what ends their run.
/// @chapter testing
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <random>
#include <thread>

#include "labguest.h"

// Real mode, as after a reset: tells the bytes at DS:0 up to a zero, each exclusive-or CL, and halts.
GUEST(hello_code, R"(
    .code16
    xorw %si, %si
1:  lodsb
    testb %al, %al
    jz 2f
    xorb %cl, %al
    outb %al, $0xe9
    jmp 1b
2:  hlt
    .code64
)")
// Changes what it may of its system registers, and halts. R8 is its new CR3, R9 its new GDT's pseudo-descriptor.
GUEST(modes_code, R"(
    lgdt (%r9)
    movl $16, %eax
    movl %eax, %ds
    movl %eax, %es
    movq %r8, %cr3
    movq %cr4, %rax
    orl $4, %eax                # TSD
    movq %rax, %cr4
    movq %cr0, %rax
    orl $8, %eax                # TS
    movq %rax, %cr0
    movq %r10, %cr2
    stc
    std
    hlt
)")
// Counts for ever.
GUEST(endless_code, R"(
1:  incq 0x30000
    jmp 1b
)")
// Turns its APIC on. Then R15 times: asks for an interrupt and takes it on a stack whose page was never touched.
GUEST(events_code, R"(
    movl $0x80f, %ecx
    movl $0x1ff, %eax
    xorl %edx, %edx
    wrmsr
    movq $0x3000000, %rbx
    movq 0x31000+8*0x63, %rsi
1:  subq $0x201000, %rbx
    outb %al, $0x51
    leaq 0x800(%rbx), %rsp
    sti
2:  pause
    cmpq %rsi, 0x31000+8*0x63
    je 2b
    cli
    incq %rsi
    decl %r15d
    jnz 1b
    outb %al, $0x50
)")
// Tells the word at RDI, for ever.
GUEST(look_code, R"(
1:  movq (%rdi), %rax
    outl %eax, $0x51
    jmp 1b
)")

namespace labguest {

using namespace ringvtest;

namespace {

constexpr u64 kScratch = 0x80'0000;  ///< a page that cases map anew

void a_guest_says_hello() {
    std::mt19937_64 random(nonce);
    std::string text, heard;
    for (int i = 0; i < 24; ++i) text += static_cast<char>('a' + random() % 26);
    Vcpu vcpu(hello_code());
    abi::RingV& state = vcpu.state();
    const auto key = static_cast<u8>(0x80 | random());
    for (std::size_t i = 0; i <= text.size(); ++i)
        reinterpret_cast<char*>(kData)[i] = i < text.size() ? static_cast<char>(text[i] ^ key) : '\0';
    state.system.cr0 = 0x10;
    state.system.cr3 = state.system.cr4 = state.system.efer = 0;
    state.system.cs = {kCode >> 4, 0x9b, 0xffff, kCode};
    state.system.ds = {kData >> 4, 0x93, 0xffff, kData};
    state.system.es = state.system.fs = state.system.gs = state.system.ss = {0, 0x93, 0xffff, 0};
    state.load_system = abi::LoadSystem::Reset;
    state.general.rip = 0;
    state.general.rcx = key;
    while (vcpu.enter() == abi::ExitReason::Io && heard.size() < 100) {
        const auto& io = state.exit.io;
        expect_equal(io.port, 0xe9, "the port");
        expect_equal(io.next_rip, state.general.rip + 2, "the RIP behind OUT");
        heard += static_cast<char>(state.general.rax);
        state.general.rip = io.next_rip;
    }
    expect(heard == text, "the guest's words: got " + heard + ", expected " + text);
    expect_equal(state.reason, abi::ExitReason::Halted, "the last exit's reason");
    expect_equal(state.general.rip, hello_code().size(), "RIP behind HLT");
}

void system_registers_come_back() {
    constexpr u64 kNewPml4 = 0x8000, kNewGdt = 0x9000, kDescriptor = 0xa000;
    std::mt19937_64 random(nonce);
    std::memcpy(reinterpret_cast<void*>(kNewPml4), reinterpret_cast<void*>(kPml4), 4096);
    std::memcpy(reinterpret_cast<void*>(kNewGdt), reinterpret_cast<void*>(kGdt), 24);
    Memory::at(kNewGdt + 16) = 0x00c0'9300'0000'0fff;  // data, 16 MiB
    Memory::at(kDescriptor) = 39 | kNewGdt << 16;
    Memory::at(kDescriptor + 8) = 0;
    Vcpu vcpu(modes_code());
    vcpu.general().r8 = kNewPml4;
    vcpu.general().r9 = kDescriptor;
    const u64 cr2 = vcpu.general().r10 = random() >> 20;
    vcpu.state().system.cr8 = 5;
    expect(vcpu.enter() == abi::ExitReason::Halted, "the guest halts");
    expect_equal(vcpu.general().rflags & 0x401, 0x401, "CF and DF in RFLAGS");
    const abi::SystemRegisters& system = vcpu.state().system;
    expect_equal(vcpu.state().system_stored, 1, "system_stored");
    expect_equal(system.cr0, 0x8005'003b, "CR0");
    expect_equal(system.cr2, cr2, "CR2");
    expect_equal(system.cr3, kNewPml4, "CR3");
    expect_equal(system.cr4, 0x6b4, "CR4");
    expect_equal(system.efer, 0xd01, "EFER");
    expect_equal(system.cr8, 5, "CR8");
    expect_equal(system.gdtr.base, kNewGdt, "GDTR's base");
    expect_equal(system.gdtr.limit, 39, "GDTR's limit");
    expect_equal(system.ds.limit, 0xff'ffff, "DS's limit");
    expect_equal(system.es.selector, 16, "ES's selector");
}

/// A signal ends the guest's run, and nothing is lost: the next entry goes on where it was.
void an_endless_guest_is_left() {
    constexpr int kRounds = 5;
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    expect(sigaction(SIGUSR1, &action, nullptr) == 0, "sigaction");
    const pthread_t runner = pthread_self();
    volatile u64& count = Memory::at(kData);
    std::atomic<int> turn = 0;  // odd: the guest runs, or is about to
    std::thread other([&] {
        for (int round = 0; round < kRounds; ++round) {
            while (turn != 2 * round + 1) std::this_thread::yield();
            const u64 before = count;
            // The guest computes, and this thread runs beside it: on one core they take turns.
            while (count < before + 1000) std::this_thread::yield();
            pthread_kill(runner, SIGUSR1);
        }
    });
    Vcpu vcpu(endless_code());
    u64 last = 0;
    std::string failure;
    for (int round = 0; round < kRounds; ++round) {
        turn = 2 * round + 1;
        if (ring_v_enter(&vcpu.state()) != 0) failure = "ring_v_enter failed";
        if (vcpu.state().reason != abi::ExitReason::Interrupted)
            failure = "the reason: got " + std::to_string(static_cast<u32>(vcpu.state().reason)) + ", expected 0";
        if (vcpu.general().rip < kCode || vcpu.general().rip >= kCode + endless_code().size())
            failure = "RIP is not in the guest's loop";
        if (count <= last) failure = "the guest did not go on";
        last = count;
        if (!failure.empty()) break;
    }
    if (failure.empty())
        other.join();
    else
        other.detach();
    expect(failure.empty(), failure);
}

/// The handler's stack is not there when the interrupt is delivered: the delivery ends in a nested fault and must be done again.
void events_are_delivered_once() {
    constexpr u64 kRounds = 12;
    Vcpu vcpu(events_code());
    vcpu.general().r15 = kRounds;
    u64 round = 0;
    vcpu.run([&](u64) {
        expect_equal(Memory::count(0x63), round++, "interrupts that the guest took");
        expect(ring_v_interrupt(gettid(), 0x63, abi::Trigger::Edge) == 0, "ring_v_interrupt");
    });
    expect_equal(Memory::count(0x63), kRounds, "interrupts that the guest took");
}

/// For the grader, which stops at each entry and looks at the tags: two vCPUs take turns, and before each turn the guest's page is
/// another. RBX tells the turn.
void two_vcpus_take_turns() {
    constexpr int kTurns = 24;
    std::atomic<int> turn = 0;
    std::string failure;
    const auto take_turns = [&](u32 id) {
        Vcpu vcpu(look_code(), id, 2);
        vcpu.general().rdi = kScratch;
        for (int mine = static_cast<int>(id); mine < kTurns; mine += 2) {
            while (turn != mine) std::this_thread::yield();
            const bool mapped = mmap(reinterpret_cast<void*>(kScratch), 4096, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
            const u64 word = (nonce + static_cast<u64>(mine)) & 0xffff'ffff;
            if (mapped) Memory::at(kScratch) = word;
            for (int looks = 0; looks < 3; ++looks) {
                vcpu.general().rbx = static_cast<u64>(mine);
                vcpu.general().r12 = nonce;
                if (vcpu.enter() != abi::ExitReason::Io) failure = "an exit for the port";
                if ((vcpu.general().rax & 0xffff'ffff) != word)
                    failure = "the word in the new page: got " + std::to_string(vcpu.general().rax) + ", expected " +
                              std::to_string(word);
                vcpu.general().rip = vcpu.state().exit.io.next_rip;
            }
            ++turn;
        }
    };
    std::thread other([&] { take_turns(1); });
    take_turns(0);
    other.join();
    expect(failure.empty(), failure);
}

constexpr Case kCases[] = {
    {"a_guest_says_hello", a_guest_says_hello},
    {"system_registers_come_back", system_registers_come_back},
    {"an_endless_guest_is_left", an_endless_guest_is_left},
    {"events_are_delivered_once", events_are_delivered_once},
    {"two_vcpus_take_turns", two_vcpus_take_turns},
};

}  // namespace

std::span<const Case> entry_cases() { return kCases; }

}  // namespace labguest
