// SPDX-License-Identifier: MIT
/// @file
/// @brief Builds the little machine and enters its guest.
/// @chapter testing
#include "machine.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

// The common handler. On the stack: vector, error code, then what the processor pushed. Interrupts are counted and ended;
// exceptions are counted and go on at R13.
GUEST(handler, R"(
    pushq %rax
    pushq %rcx
    pushq %rdx
    movq 24(%rsp), %rax
    lock incq 0x31000(,%rax,8)
    cmpq $32, %rax
    jb 1f
    movl $0x80b, %ecx
    xorl %eax, %eax
    xorl %edx, %edx
    wrmsr
    jmp 2f
1:  movq 32(%rsp), %rcx
    movq %rcx, 0x32000
    movq %cr2, %rcx
    movq %rcx, 0x32008
    movq %r13, 40(%rsp)
2:  popq %rdx
    popq %rcx
    popq %rax
    addq $16, %rsp
    iretq
)")

namespace ringvtest {

namespace {

bool pushes_error(unsigned vector) {
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21;
}

void write_stub(unsigned vector) {
    u8* at = reinterpret_cast<u8*>(kStubs + 16 * vector);
    if (!pushes_error(vector)) *at++ = 0x6a, *at++ = 0;  // push $0
    *at++ = 0x68;                                        // push $vector
    std::memcpy(at, &vector, 4);
    at += 4;
    *at++ = 0xe9;  // jmp handler
    const auto distance = static_cast<std::int32_t>(kHandler - (reinterpret_cast<u64>(at) + 4));
    std::memcpy(at, &distance, 4);
    const u64 target = kStubs + 16 * vector;
    Memory::at(kIdt + 16 * vector) = (target & 0xffff) | 8 << 16 | 0x8e00ULL << 32 | (target >> 16) << 48;
    Memory::at(kIdt + 16 * vector + 8) = 0;
}

void* at(u64 address) { return reinterpret_cast<void*>(address); }

abi::SystemRegisters long_mode() {
    abi::SystemRegisters r{};
    r.cr0 = 0x8005'0033;
    r.cr3 = kPml4;
    r.cr4 = 0x6b0;  // OSXMMEXCPT OSFXSR PGE PAE PSE, and DE
    r.efer = 0xd01;
    r.cs = {8, 0xa9b, 0xffff'ffff, 0};
    r.ds = r.es = r.fs = r.gs = r.ss = {16, 0xc93, 0xffff'ffff, 0};
    r.tr = {0, 0x8b, 0x67, 0};
    r.gdtr = {kGdt, 23};
    r.idtr = {kIdt, 0xfff};
    r.dr6 = 0xffff'0ff0;
    r.dr7 = 0x400;
    return r;
}

}  // namespace

void expect(bool holds, const std::string& what) {
    if (!holds) throw what;
}

long ring_v_enter(abi::RingV* state) { return syscall(abi::kSysRingVEnter, state); }
long ring_v_interrupt(int tid, unsigned vector, abi::Trigger trigger) {
    return syscall(abi::kSysRingVInterrupt, tid, vector, static_cast<u32>(trigger));
}

Memory::Memory() {
    void* ram = mmap(ringvtest::at(kRamBegin), kRamEnd - kRamBegin, PROT_READ | PROT_WRITE | PROT_EXEC,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    expect(ram == ringvtest::at(kRamBegin), "guest memory could not be mapped: " + std::string(strerror(errno)));
    at(kGdt) = 0;
    at(kGdt + 8) = 0x00af'9b00'0000'ffff;
    at(kGdt + 16) = 0x00cf'9300'0000'ffff;
    at(kPml4) = kPdpt | 7;
    for (u64 i = 0; i < 512; ++i) at(kPdpt + 8 * i) = i << 30 | 0x87;  // all 512 GiB, in pages of 1 GiB
    for (unsigned vector = 0; vector < 256; ++vector) write_stub(vector);
    std::memcpy(ringvtest::at(kHandler), handler().data(), handler().size());
}

Memory::~Memory() { munmap(ringvtest::at(kRamBegin), kRamEnd - kRamBegin); }

Vcpu::Vcpu(Code code, u32 apic_id, u32 vcpu_count) {
    const u64 place = kCode + 0x4000 * apic_id;
    std::memcpy(at(place), code.data(), code.size());
    state_.general.rip = place;
    state_.general.rsp = kStackTop - 0x1000 * apic_id;
    state_.general.rflags = 2;
    state_.system = long_mode();
    state_.load_system = abi::LoadSystem::Registers;
    state_.apic_id = apic_id;
    state_.vcpu_count = vcpu_count;
}

abi::ExitReason Vcpu::enter() {
    do {
        if (ring_v_enter(&state_) != 0) throw "ring_v_enter: " + std::string(strerror(errno));
    } while (state_.reason == abi::ExitReason::Interrupted);
    return state_.reason;
}

void Vcpu::run(const std::function<void(u64)>& on_value, const std::function<bool(abi::RingV&)>& on_exit) {
    for (;;) {
        const auto reason = enter();
        const auto& io = state_.exit.io;
        if (reason == abi::ExitReason::Io && (io.port == kPortDone || io.port == kPortValue)) {
            state_.general.rip = io.next_rip;
            if (io.port == kPortDone) return;
            if (on_value) on_value(state_.general.rax);
            continue;
        }
        if (on_exit && on_exit(state_)) continue;
        std::string what =
            "exit " + std::to_string(static_cast<u32>(reason)) + " at RIP " + std::to_string(state_.general.rip);
        for (unsigned vector = 0; vector < 32; ++vector) {
            if (Memory::count(vector)) what += ", after exception " + std::to_string(vector);
        }
        expect(false, what);
    }
}

}  // namespace ringvtest
