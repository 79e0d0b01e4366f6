// SPDX-License-Identifier: MIT
/// @file
/// @brief A little machine for hand-written guests: RAM, long mode, a handler for every vector, and its one vCPU.
/// @chapter testing
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "kernel/abi/ring_v.h"

namespace ringvtest {

using u8 = std::uint8_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

// Where things lie in the guest's memory.
inline constexpr u64 kRamBegin = 0x1000, kRamEnd = 64 << 20;
inline constexpr u64 kGdt = 0x1000, kIdt = 0x2000, kPml4 = 0x4000, kPdpt = 0x5000, kStackTop = 0x10000, kCode = 0x20000;
inline constexpr u64 kData = 0x30000;                             ///< a page for the guest and its test
inline constexpr u64 kCounts = 0x31000;                           ///< u64[256]: how often each vector came
inline constexpr u64 kLastError = 0x32000, kLastFault = 0x32008;  ///< error code and CR2 of the last exception
inline constexpr u64 kStubs = 0x40000, kHandler = 0x50000;
/// Ports that guests tell their test something with.
inline constexpr unsigned kPortDone = 0x50, kPortValue = 0x51;

/// Machine code of a guest: starts at kCode with interrupts off. R13 is where exceptions go on.
using Code = std::span<const u8>;

/// The guest's memory, mapped at its guest-physical addresses in this process. One at a time.
class Memory {
   public:
    Memory();
    ~Memory();
    static u64& at(u64 address) { return *reinterpret_cast<u64*>(address); }
    static u64 count(unsigned vector) { return at(kCounts + 8 * vector); }
};

/// The vCPU of the calling thread.
class Vcpu {
   public:
    /// Starts at `kCode`, where `code` is put, with RSP at kStackTop minus 4 KiB for each APIC identifier.
    explicit Vcpu(Code code, u32 apic_id = 0, u32 vcpu_count = 1);
    abi::RingV& state() { return state_; }
    abi::GeneralRegisters& general() { return state_.general; }

    /// One entry. Interrupted ones are repeated. Answers the reason; a failed call ends the test.
    abi::ExitReason enter();
    /// Enters until the guest writes to kPortDone; `on_value` sees what it writes to kPortValue. Any other exit is given to
    /// `on_exit`, and ends the test where that answers false.
    void run(const std::function<void(u64)>& on_value = {}, const std::function<bool(abi::RingV&)>& on_exit = {});

   private:
    abi::RingV state_{};
};

long ring_v_enter(abi::RingV* state);
long ring_v_interrupt(int tid, unsigned vector, abi::Trigger trigger);

/// Ends the test with a message when `holds` is false.
void expect(bool holds, const std::string& what);
template <class A, class B>
void expect_equal(A got, B want, const std::string& what) {
    expect(static_cast<u64>(got) == static_cast<u64>(want), what + ": got " + std::to_string(static_cast<u64>(got)) +
                                                                ", expected " + std::to_string(static_cast<u64>(want)));
}

}  // namespace ringvtest

/// Defines `Code name()` from assembly text.
#define GUEST(name, text)                                                                  \
    asm(".pushsection .rodata\n.balign 64\nguest_" #name "_begin:\n" text "\nguest_" #name \
        "_end:\n.popsection\n"                                                             \
        ".globl guest_" #name "_begin\n.globl guest_" #name "_end\n");                     \
    extern "C" const unsigned char guest_##name##_begin[], guest_##name##_end[];           \
    static ringvtest::Code name() { return {guest_##name##_begin, guest_##name##_end}; }
