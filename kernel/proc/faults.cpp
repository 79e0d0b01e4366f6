// SPDX-License-Identifier: MIT
/// @file
/// @brief The first of the two doors: page faults of ring 3; and every other exception that a program can cause.
/// @chapter nested-faults
#include "proc/faults.h"

#include "proc/out_of_memory.h"
#include "proc/signal_send.h"
#include "x86/fixup.h"
#include "x86/fpu.h"
#include "x86/instructions.h"
#include "x86/registers.h"

namespace {

// The error code of a page fault. @sdm{Interrupt 14: Page-Fault Exception (#PF), 6.15}
constexpr u64 kWrite = 1 << 1, kUser = 1 << 2, kReserved = 1 << 3, kFetch = 1 << 4;

constexpr Access access_of(u64 error) {
    if (error & kFetch) return Access::Execute;
    return error & kWrite ? Access::Write : Access::Read;
}

/// Whether kernel code that touched a user address may wait for it to be mapped: a copy for a system call, in thread context.
bool may_resolve(const TrapFrame& frame, VirtAddr address) {
    return address < kUserEnd && (frame.rflags & Rflags::IF) && !(frame.error & kFetch) && current_thread().space;
}

void signal_of_fault(VirtAddr address, Resolution resolution) {
    switch (resolution) {
    case Resolution::Mapped:
    case Resolution::Spurious: return;
    case Resolution::NotBacked: return force_signal(SignalInfo::fault(kSigSegv, signal_code::kMappingMissing, address));
    case Resolution::Denied: return force_signal(SignalInfo::fault(kSigSegv, signal_code::kAccessDenied, address));
    case Resolution::BeyondEnd: return force_signal(SignalInfo::fault(kSigBus, signal_code::kBusNoPage, address));
    case Resolution::NoMemory: return relieve_memory(address);
    }
}

/// A fault that no mapping settles: a signal for a program, an error for a copy of the kernel's, else a bug of the kernel's.
void settle_failed_fault(TrapFrame& frame, VirtAddr address, Resolution resolution) {
    if (frame.from_user()) {
        current_task().exception = {frame.vector, frame.error, address.raw};
        x86::sti();
        signal_of_fault(address, resolution);
        return;
    }
    if (resolution == Resolution::NoMemory) end_for_lack_of_memory(address);
    if (fix_up_kernel_fault(frame)) return;
    PANIC("page fault in the kernel: address, rip, error, rsp", address, frame.rip, frame.error, frame.rsp);
}

}  // namespace

extern "C" void page_fault(TrapFrame& frame) {
    const VirtAddr address{x86::read_cr2()};
    const bool from_user = frame.from_user();
    CHECK(!(frame.error & kReserved), address, frame.error);
    Resolution resolution = Resolution::NotBacked;
    if (from_user && !(frame.error & kUser)) {
        // The processor's own access for an instruction of ring 3: to a descriptor table, or, in QEMU 7.2's TCG, to the stack
        // of a far return or IRET. SMAP forbids it whatever is mapped, so resolving would go on for ever.
        resolution = Resolution::Denied;
    } else if (from_user || may_resolve(frame, address)) {
        x86::sti();
        resolution = current_thread().space->resolve(
            {.address = address, .access = access_of(frame.error), .ring = from_user ? Ring::Ring3 : Ring::Kernel});
        x86::cli();
        if (resolution == Resolution::Mapped || resolution == Resolution::Spurious) {
            if (from_user) current_task().count_settled_fault();
            return;
        }
    }
    settle_failed_fault(frame, address, resolution);
}

ExceptionSignal signal_of_exception(u64 vector) {
    using namespace signal_code;
    switch (vector) {
    case 0: return {kSigFpe, kDivideByZero, true};
    case 1: return {kSigTrap, kTrace, true};
    case 3: return {kSigTrap, kKernel, false};
    case 6: return {kSigIll, kIllegalOperand, true};
    case 11:
    case 12: return {kSigBus, kKernel, false};
    case 16:
    case 19: return {kSigFpe, kFloatInvalid, true};
    case 17: return {kSigBus, kBusAlignment, false};
    default: return {kSigSegv, kKernel, false};
    }
}

int code_of_float_exceptions(u32 pending) {
    // In the order in which Linux looks: invalid, divide, overflow, underflow and denormal, precision.
    if (pending & 0x01) return signal_code::kFloatInvalid;
    if (pending & 0x04) return signal_code::kFloatDivide;
    if (pending & 0x08) return signal_code::kFloatOverflow;
    if (pending & 0x12) return signal_code::kFloatUnderflow;
    return pending & 0x20 ? signal_code::kFloatInexact : 0;
}

namespace {

/// The unmasked exceptions that the x87 or the SSE unit has pending. @sdm{x87 FPU Status Register; MXCSR Control and Status Register}
u32 pending_float_exceptions(Task& task, bool is_sse) {
    IrqOff irq_off;
    task.fpu->save();
    const u8* image = task.fpu->image();
    u16 control, status;
    u32 mxcsr;
    memcpy(&control, image, sizeof(control));
    memcpy(&status, image + 2, sizeof(status));
    memcpy(&mxcsr, image + 24, sizeof(mxcsr));
    return is_sse ? mxcsr & ~(mxcsr >> 7) & 0x3f : static_cast<u32>(status & ~control & 0x3f);
}

}  // namespace

extern "C" void user_exception(TrapFrame& frame) {
    Task& task = current_task();
    task.exception = {frame.vector, frame.error, 0};
    ExceptionSignal what = signal_of_exception(frame.vector);
    if (what.signal == kSigFpe && frame.vector != 0) {
        what.code = code_of_float_exceptions(pending_float_exceptions(task, frame.vector == 19));
    }
    frame.rflags &= ~Rflags::RF;
    force_signal(SignalInfo::fault(what.signal, what.code, VirtAddr(what.has_address ? frame.rip : 0)));
}
