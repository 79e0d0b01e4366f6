// SPDX-License-Identifier: MIT
/// @file
/// @brief The registers of a local APIC in xAPIC mode.
/// @chapter traps
#include "x86/local_apic.h"

#include "x86/instructions.h"
#include "x86/registers.h"
#include "x86/traps.h"

namespace {

/// Register offsets / 4. @sdm{Local APIC Register Address Map, 11.4.1}
constexpr usize kTaskPriority = 0x80 / 4, kEoi = 0xb0 / 4, kSpurious = 0xf0 / 4, kCommandLow = 0x300 / 4,
                kCommandHigh = 0x310 / 4;
constexpr usize kTimerLvt = 0x320 / 4;
constexpr usize kInitialCount = 0x380 / 4, kCurrentCount = 0x390 / 4, kDivide = 0x3e0 / 4;
constexpr u32 kSoftwareEnable = 1U << 8, kDivideBy1 = 0xb, kShorthandSelf = 1U << 18, kShorthandOthers = 3U << 18;
constexpr u32 kNmi = 4U << 8, kInit = 5U << 8, kStartup = 6U << 8, kAssert = 1U << 14, kPending = 1U << 12;
constexpr u64 kGlobalEnable = 1ULL << 11;

constinit volatile u32* registers = nullptr;

void spurious_interrupt(TrapFrame&) {}

/// Both halves of the command register must come from one core's one thread: interrupts go off in between.
void send(u32 apic_id, u32 command) {
    const u64 flags = x86::read_rflags();
    x86::cli();
    while (registers[kCommandLow] & kPending) x86::pause();
    registers[kCommandHigh] = apic_id << 24;
    registers[kCommandLow] = command;
    if (flags & x86::kRflagsIf) x86::sti();
}

}  // namespace

void local_apic::use_registers(volatile u32* place) {
    registers = place;
    trap_handlers[vector::kSpurious] = spurious_interrupt;
}

void local_apic::start_core() {
    x86::wrmsr(Msr::kApicBase, x86::rdmsr(Msr::kApicBase) | kGlobalEnable);
    registers[kSpurious] = kSoftwareEnable | vector::kSpurious;
    registers[kDivide] = kDivideBy1;
    registers[kTimerLvt] = vector::kTimer;
}

void local_apic::end_of_interrupt() { registers[kEoi] = 0; }

void local_apic::interrupt_self(u8 vector) { registers[kCommandLow] = kShorthandSelf | vector; }

void local_apic::signal_pending() { registers[kTaskPriority] = 0; }

void local_apic::interrupt(u32 apic_id, u8 vector) { send(apic_id, kAssert | vector); }

// Among the code of the stub, which no breakpoint may be in.
[[gnu::section(".stub_text")]] void local_apic::interrupt_others_by_nmi() {
    registers[kCommandLow] = kShorthandOthers | kAssert | kNmi;
}

void local_apic::send_init(u32 apic_id) { send(apic_id, kAssert | kInit); }

void local_apic::send_startup(u32 apic_id, u8 page) { send(apic_id, kAssert | kStartup | page); }

void local_apic::count_down(u32 ticks) { registers[kInitialCount] = ticks; }

u32 local_apic::ticks_left() { return registers[kCurrentCount]; }
