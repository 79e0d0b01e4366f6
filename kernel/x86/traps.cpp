// SPDX-License-Identifier: MIT
/// @file
/// @brief Exceptions: a program's become signals, the kernel's own are looked up in the fixup table or end in a panic.
/// @chapter traps
#include "x86/traps.h"

#include "lib/check.h"
#include "x86/cpu.h"
#include "x86/fixup.h"
#include "x86/instructions.h"

constinit TrapHandler trap_handlers[256];

namespace {

/// An entry of the table that mm/user_memory.S fills: a fault at `instruction` goes on at `continuation`.
struct Fixup {
    u64 instruction;
    u64 continuation;
};
extern "C" const Fixup fixups_begin[], fixups_end[];

void exception(TrapFrame& frame) {
    this_cpu().traps++;
    if (frame.from_user()) {
        x86::sti();
        user_exception(frame);
        return;
    }
    if (fix_up_kernel_fault(frame)) return;
    PANIC("exception in the kernel: vector, error, rip, rsp", frame.vector, frame.error, frame.rip, frame.rsp);
}

void fatal(TrapFrame& frame) {
    PANIC("fatal exception: vector, error, rip, rsp", frame.vector, frame.error, frame.rip, frame.rsp);
}

/// A fault while one was being delivered: mostly a stack without room for its frame, which the panic looks into.
void double_fault(TrapFrame& frame) { PANIC("double fault: rip, rsp", frame.rip, frame.rsp); }

/// Interrupts of devices that nobody asked for.
void unexpected(TrapFrame&) { this_cpu().interrupts++; }

}  // namespace

bool fix_up_kernel_fault(TrapFrame& frame) {
    for (const Fixup* fixup = fixups_begin; fixup != fixups_end; ++fixup) {
        if (fixup->instruction != frame.rip) continue;
        frame.rip = fixup->continuation;
        return true;
    }
    return false;
}

void init_traps() {
    for (unsigned n = 0; n < 256; ++n) trap_handlers[n] = n < 32 ? exception : unexpected;
    trap_handlers[vector::kNmi] = fatal;
    trap_handlers[vector::kDoubleFault] = double_fault;
    trap_handlers[vector::kMachineCheck] = fatal;
    trap_handlers[vector::kPageFault] = page_fault;
}
