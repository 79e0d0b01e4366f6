// SPDX-License-Identifier: MIT
/// @file
/// @brief The registers of a local APIC in xAPIC mode.
/// @chapter traps
#include "x86/local_apic.h"

#include "x86/cpu.h"
#include "x86/instructions.h"
#include "x86/registers.h"
#include "x86/traps.h"

namespace {

/// Register offsets / 4. @sdm{Local APIC Register Address Map, 11.4.1}
constexpr usize kEoi = 0xb0 / 4, kSpurious = 0xf0 / 4, kCommandLow = 0x300 / 4, kTimerLvt = 0x320 / 4;
constexpr usize kInitialCount = 0x380 / 4, kCurrentCount = 0x390 / 4, kDivide = 0x3e0 / 4;
constexpr u32 kSoftwareEnable = 1U << 8, kDivideBy1 = 0xb, kShorthandSelf = 1U << 18;
constexpr u64 kGlobalEnable = 1ULL << 11;

constinit volatile u32* registers = nullptr;

void spurious_interrupt(TrapFrame&) {}

/// Its coming is all its meaning: a core in HLT or in ring V looks again at what there is to do.
void wake_interrupt(TrapFrame&) {
    this_cpu().interrupts++;
    local_apic::end_of_interrupt();
}

}  // namespace

void local_apic::use_registers(volatile u32* place) {
    registers = place;
    trap_handlers[vector::kSpurious] = spurious_interrupt;
    trap_handlers[vector::kWake] = wake_interrupt;
}

void local_apic::start_core() {
    x86::wrmsr(Msr::kApicBase, x86::rdmsr(Msr::kApicBase) | kGlobalEnable);
    registers[kSpurious] = kSoftwareEnable | vector::kSpurious;
    registers[kDivide] = kDivideBy1;
    registers[kTimerLvt] = vector::kTimer;
}

void local_apic::end_of_interrupt() { registers[kEoi] = 0; }

void local_apic::interrupt_self(u8 vector) { registers[kCommandLow] = kShorthandSelf | vector; }

void local_apic::count_down(u32 ticks) { registers[kInitialCount] = ticks; }

u32 local_apic::ticks_left() { return registers[kCurrentCount]; }
